# SPDX-License-Identifier: GPL-2.0-only
"""Names of TCP's states and flags, which tools print."""

tcpstate = {number: name for number, name in enumerate(
    ("ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
     "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
     "NEW_SYN_RECV"), 1)}


def flags2str(flags):
    names = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
    return "|".join(name for bit, name in enumerate(names)
                    if flags & 1 << bit)
