"""Access to the server: keys, web pages, hosts and proxies."""
