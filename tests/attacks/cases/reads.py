"""Reading what is not the call's: files, other processes, other tasks' attachments."""

from ..case import Case, with_attachment

GROUP = "reads"
_NAMES = "Names, sizes and times of files can be asked for: Landlock has no right for that."

CASES = [
    Case("the password hashes cannot be read", "return open('/etc/shadow').readline()", at_limits="is stopped"),
    Case("the list of users cannot be read", "return open('/etc/passwd').readline()"),
    Case("a private key in the home folder cannot be read", "return open(w['key']).read()"),
    Case("an .env file in the home folder cannot be read", "return open(w['env']).read()"),
    Case("the home folder cannot be listed", "return os.listdir(w['home'])"),
    Case("a file is not read through a link that is there", "return open(w['link']).read()"),
    Case(
        "a file is not read through a link the call makes",
        """
        os.symlink(w['key'], 'link')
        return open('link').read()
        """,
        scratch=True,
    ),
    Case(
        "a file is not read through a hard link the call makes",
        """
        os.link(w['key'], 'link')
        return open('link').read()
        """,
        scratch=True,
    ),
    Case("a file is not read through the process's root", "return open('/proc/self/root' + w['key']).read()"),
    Case(
        "a file is not read through a descriptor of its folder",
        """
        folder = os.open(w['home'], os.O_PATH)
        return os.read(os.open('.env', os.O_RDONLY, dir_fd=folder), 100).decode()
        """,
    ),
    Case(
        "a file is not read by opening a path's descriptor again",
        """
        path = os.open(w['key'], os.O_PATH)
        return open(f'/proc/self/fd/{path}').read()
        """,
    ),
    Case("a file is not read by a way up from the call's folder", "return open('../' * 40 + w['key'][1:]).read()"),
    Case(
        "a file is not read after a change into its folder",
        """
        os.chdir(w['home'])
        return open('.env').read()
        """,
    ),
    Case("a file is not read through the C library", "return bool(ctypes.CDLL(None).fopen(w['key'].encode(), b'r'))"),
    Case("a file is not run as a module", "return runpy.run_path(w['module'])['SECRET']"),
    Case(
        "a file is not mapped into memory",
        """
        file = os.open(w['key'], os.O_RDONLY)
        return bytes(mmap.mmap(file, 0, prot=mmap.PROT_READ)).decode()
        """,
    ),
    Case(
        "a file is not opened by its handle",
        """
        handle = ctypes.create_string_buffer(struct.pack('=Ii', 128, 0) + bytes(128))
        mount = ctypes.c_int()
        path = ctypes.c_char_p(w['key'].encode())
        done, _ = syscall(303, -100, path, handle, ctypes.byref(mount), 0)
        place = os.open(os.path.dirname(w['key']), os.O_RDONLY)
        opened, _ = syscall(304, place, handle, os.O_RDONLY)
        return os.read(opened, 100).decode() if opened >= 0 else ''
        """,
        at_limits="is stopped",
    ),
    Case(
        "a file cannot be asked for a handle",
        """
        handle = ctypes.create_string_buffer(struct.pack('=Ii', 128, 0) + bytes(128))
        return syscall(303, -100, ctypes.c_char_p(w['key'].encode()), handle, ctypes.byref(ctypes.c_int()), 0)[0] == 0
        """,
    ),
    Case("sizes and times of files cannot be asked for", "return os.stat(w['key']).st_size", gap=_NAMES),
    Case("where a link leads cannot be asked for", "return os.readlink(w['link'])", gap=_NAMES),
    Case("extended attributes cannot be listed", "return os.listxattr(w['key']) == []"),
    Case("the processes of the machine cannot be listed", "return len(os.listdir('/proc'))"),
    Case("the environment of another process cannot be read", "return open(f'/proc/{w[\"victim\"]}/environ').read()"),
    Case("the command line of another process cannot be read", "return open(f'/proc/{w[\"victim\"]}/cmdline').read()"),
    Case("the current folder of another process cannot be asked for", "return os.readlink(f'/proc/{w[\"host\"]}/cwd')"),
    Case("the descriptors of another process cannot be listed", "return os.listdir(f'/proc/{w[\"host\"]}/fd')"),
    Case(
        "the memory of another process cannot be read",
        """
        for line in open(f'/proc/{w["victim"]}/maps'):
            span, rights = line.split()[:2]
            if rights.startswith('rw'):
                begin, end = (int(number, 16) for number in span.split('-'))
                with open(f'/proc/{w["victim"]}/mem', 'rb', 0) as memory:
                    memory.seek(begin)
                    found = re.search(rb'canary-[0-9a-f]{32}', memory.read(min(end - begin, 1 << 24)))
                    if found:
                        return found[0].decode()
        """,
    ),
    Case("the environment of its worker cannot be read", "return open(f'/proc/{os.getppid()}/environ').read()"),
    Case("the memory map of its own process cannot be read", "return open('/proc/self/maps').readline()"),
    Case("the machine's open connections cannot be read", "return open('/proc/net/tcp').readline()"),
    Case("the machine's devices cannot be listed", "return os.listdir('/sys')"),
    Case(
        "no descriptor of its worker is open",
        """
        opened = []
        for number in range(5, 1024):
            try:
                os.fstat(number)
                opened.append(number)
            except OSError:
                pass
        return opened
        """,
        at_limits="is stopped",
    ),
    Case(
        "the attachment of another task cannot be read",
        """
        own = os.readlink('attachments/own.txt')
        return open(os.path.join(os.path.dirname(own), 'foreign.txt')).read()
        """,
        scene=with_attachment,
    ),
    Case(
        "the attachments of other tasks cannot be listed",
        "return os.listdir(os.path.dirname(os.readlink('attachments/own.txt')))",
        scene=with_attachment,
    ),
    Case(
        "the folders of other workers cannot be listed",
        "return os.listdir('../..')",
    ),
]
