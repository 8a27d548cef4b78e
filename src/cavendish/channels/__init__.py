"""Sockets to providers: the only package that opens one."""
