"""The graphs that ship with graphframe, one .pbtxt each."""
