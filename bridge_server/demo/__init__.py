"""What `riffbridge demo` shows: the supplied context, the script of the demo, and its picture."""
