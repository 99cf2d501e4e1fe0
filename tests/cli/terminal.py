"""Runs a program on a terminal of its own."""

import fcntl
import os
import pty
import struct
import termios


def run_on_terminal(command, columns, environment, directory, typed=""):
    """(exit code, everything that the terminal showed); `typed` waits at the keyboard."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(directory)
        # The size must be there before the program asks for it.
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execve(command[0], command, environment)
    os.write(fd, typed.encode())
    shown = b""
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode().replace("\r\n", "\n")
