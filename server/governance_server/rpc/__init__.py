"""The gRPC edge: untrusted bytes and callers on one side, values and principals on the other."""
