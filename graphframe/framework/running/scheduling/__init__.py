"""The state machine of a run: which node works next, without threads or a clock."""
