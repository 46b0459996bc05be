"""Reaching anything by a socket. Servers are the world's own; they say whether something came in."""

from ..case import Case

GROUP = "network"
_PAIR = "a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"

CASES = [
    Case("nothing is reached by TCP", "socket.create_connection(('127.0.0.1', w['tcp']), 1).close(); return True"),
    Case("nothing is reached by UDP", "return socket.socket(type=2).sendto(b'hello', ('127.0.0.1', w['udp']))"),
    Case(
        "no question is sent to a name server",
        """
        question = struct.pack('>6H', 7, 256, 1, 0, 0, 0) + b'\\x06secret\\x07example\\x00' + struct.pack('>2H', 1, 1)
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(question, ('127.0.0.1', w['udp']))
        """,
    ),
    Case(
        "nothing is reached by IPv6",
        """
        server = socket.socket(socket.AF_INET6)
        if w['tcp6']:
            server.connect(('::1', w['tcp6']))
        return True
        """,
    ),
    Case(
        "no page is fetched",
        """
        try:
            urllib.request.urlopen(f'http://127.0.0.1:{w["tcp"]}/', timeout=0.2)
        except TimeoutError:
            return 'connected'
        """,
    ),
    Case("no socket in the file system is reached", "socket.socket(socket.AF_UNIX).connect(w['stream']); return True"),
    Case(
        "no datagram goes to a socket in the file system",
        "return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'hello', w['datagram'])",
    ),
    Case(
        "no abstract socket is reached",
        "socket.socket(socket.AF_UNIX).connect('\\0' + w['abstract']); return True",
    ),
    Case("no port is opened", "socket.create_server(('127.0.0.1', 0)); return True"),
    Case("no socket is put into a folder", "socket.socket(socket.AF_UNIX).bind(w['folder'] + '/new'); return True"),
    Case(
        "the kernel's network settings are not asked", "socket.socket(socket.AF_NETLINK, 3, 0).bind((0, 0)); return 1"
    ),
    Case(
        "no raw socket is opened",
        "return bool(socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))",
        at_limits="is stopped",
    ),
    Case(
        "no packet is read from the wire", "return bool(socket.socket(socket.AF_PACKET, 3, 0))", at_limits="is stopped"
    ),
    Case("no socket of a virtual machine is opened", "return reached(41, 40, 1, 0)"),
    Case("no socket of the kernel's ciphers is opened", "return reached(41, 38, 5, 0)"),
    Case("no socket of several paths is opened", "return reached(41, 2, 1, 262)"),
    Case(
        "a pair of sockets sends nothing to an address",
        _PAIR + "return a.sendto(b'hello', w['datagram'])",
    ),
    Case(
        "a pair of sockets sends nothing to an abstract address",
        _PAIR + "return a.sendto(b'hello', '\\0' + w['abstract'] + '-datagram')",
    ),
    Case(
        "a pair of streams does not take an address",
        """
        a, b = socket.socketpair()
        try:
            a.sendto(b'hello', w['datagram'])
        except OSError as error:
            return error.errno != errno.EPERM
        return True
        """,
    ),
    Case("no message with an address is sent", _PAIR + "return a.sendmsg([b'hello'], [], 0, w['datagram'])"),
    Case(
        "no descriptor is sent",
        """
        a, b = socket.socketpair()
        return socket.send_fds(a, [b'x'], [0])
        """,
    ),
    Case(
        "no descriptor is received",
        """
        a, b = socket.socketpair()
        a.send(b'x')
        return socket.recv_fds(b, 10, 1)[0].decode()
        """,
    ),
    Case("no messages are sent at once", "return reached(307, 0, 0, 0, 0)"),
    Case(
        "a pair of sockets is not connected to something else",
        _PAIR + "a.connect(w['datagram']); a.send(b'hello'); return True",
    ),
    Case(
        "the buffers of a pair of sockets do not grow",
        "socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18); return True",
    ),
    Case(
        "no descriptor of its worker is a socket",
        """
        found = []
        for number in range(1024):
            try:
                if stat.S_ISSOCK(os.fstat(number).st_mode):
                    found.append(number)
            except OSError:
                pass
        return found
        """,
        at_limits="is stopped",
    ),
]
