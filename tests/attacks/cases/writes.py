"""Changing what is not the call's. What would destroy something names canaries only and never runs below `landlock`."""

from ..case import Case, only_outside, with_attachment

GROUP = "writes"

CASES = [
    Case("a file cannot be made in the home folder", "open(w['home'] + '/new', 'x').close(); return True"),
    Case("a file cannot be made in a folder that is open to all", "open(w['folder'] + '/new', 'x').close()"),
    Case(
        "a file cannot be made through a descriptor of its folder",
        """
        folder = os.open(w['folder'], os.O_PATH)
        return os.open('new', os.O_CREAT | os.O_WRONLY, dir_fd=folder)
        """,
    ),
    Case("a file cannot be written to", "open(w['canary'], 'a').write('more')", got_through=only_outside),
    Case(
        "a file cannot be overwritten",
        "open(w['canary'], 'r+').write('overwritten')",
        at_limits="not run",
        destructive=True,
    ),
    Case("a file cannot be emptied", "open(w['canary'], 'w').close()", at_limits="not run", destructive=True),
    Case("a file cannot be cut off by its path", "os.truncate(w['canary'], 0)", at_limits="not run", destructive=True),
    Case(
        "a file cannot be emptied by opening it for reading",
        "os.open(w['canary'], os.O_RDONLY | os.O_TRUNC)",
        at_limits="not run",
        destructive=True,
    ),
    Case(
        "a file cannot be created by the old call for it",
        "return ctypes.CDLL(None).creat((w['folder'] + '/new').encode(), 0o600) >= 0",
    ),
    Case("a file cannot be made without a name", "return os.open(w['folder'], os.O_TMPFILE | os.O_RDWR) >= 0"),
    Case("a file cannot be made in the folders for temporary files", "open(w['stray'][0], 'x').close(); return True"),
    Case("a file cannot be made in shared memory", "open(w['stray'][1], 'x').close(); return True"),
    Case("a file cannot be removed", "os.unlink(w['canary'])", at_limits="not run", destructive=True),
    Case("a folder cannot be removed", "os.rmdir(w['empty'])", at_limits="not run", destructive=True),
    Case("a tree cannot be removed", "shutil.rmtree(w['folder'])", at_limits="not run", destructive=True),
    Case("a folder cannot be made", "os.mkdir(w['folder'] + '/new'); return True"),
    Case(
        "a file cannot be renamed", "os.rename(w['canary'], w['canary'] + '2')", at_limits="not run", destructive=True
    ),
    Case(
        "a file cannot be moved into the call's folder",
        "os.rename(w['canary'], 'mine')",
        at_limits="not run",
        destructive=True,
        scratch=True,
    ),
    Case(
        "a file cannot be put over another one",
        """
        open('mine', 'w').write('mine')
        os.rename('mine', w['canary'])
        """,
        at_limits="not run",
        destructive=True,
        scratch=True,
    ),
    Case(
        "two files cannot change places",
        "return syscall(316, -100, ctypes.c_char_p(w['canary'].encode()), -100, "
        "ctypes.c_char_p(w['other'].encode()), 2)[0] == 0",
        at_limits="not run",
        destructive=True,
    ),
    Case(
        "a file cannot be copied out of the call's folder",
        """
        open('mine', 'w').write('mine')
        return shutil.copy('mine', w['folder'] + '/new')
        """,
        scratch=True,
    ),
    Case("a hard link cannot be made", "os.link(w['canary'], w['folder'] + '/new'); return True"),
    Case("a link cannot be made", "os.symlink(w['canary'], w['folder'] + '/new'); return True"),
    Case("a named pipe cannot be made", "os.mkfifo(w['folder'] + '/new'); return True"),
    Case("a node for a file cannot be made", "os.mknod(w['folder'] + '/new', 0o100600); return True"),
    Case(
        "a device cannot be made",
        "os.mknod(w['folder'] + '/new', 0o020600, os.makedev(1, 3)); return True",
        at_limits="is stopped",
    ),
    Case(
        "a device cannot be made in the call's folder",
        "os.mknod('null', 0o020600, os.makedev(1, 3)); return True",
        at_limits="is stopped",
        scratch=True,
    ),
    Case("the mode of a file cannot be changed", "os.chmod(w['canary'], 0o600); return True"),
    Case(
        "the mode of a file cannot be changed through a descriptor",
        "os.fchmod(os.open(w['canary'], os.O_RDONLY), 0o600); return True",
    ),
    Case(
        "the mode of a file cannot be changed by the newest call",
        "return reached(452, -100, ctypes.c_char_p(w['other'].encode()), 0o600, 0)",
    ),
    Case("the owner of a file cannot be changed", "os.chown(w['canary'], os.getuid(), os.getgid()); return True"),
    Case("the owner of a link cannot be changed", "os.lchown(w['link'], os.getuid(), os.getgid()); return True"),
    Case("the times of a file cannot be changed", "os.utime(w['canary'], (1, 1)); return True"),
    Case(
        "an attribute of a file cannot be set",
        """
        try:
            os.setxattr(w['canary'], 'user.attack', b'1')
        except OSError as error:
            return error.errno == errno.EOPNOTSUPP  # the file system has none; the attempt got that far
        return True
        """,
    ),
    Case(
        "the standard library cannot be opened for writing", "open(os.__file__, 'r+b').close(); return True", "not run"
    ),
    Case(
        "the environment of the interpreter cannot be opened for writing",
        "open(os.path.join(sys.prefix, 'pyvenv.cfg'), 'r+b').close(); return True",
        "not run",
    ),
    Case(
        "an installed package cannot be opened for writing",
        "import numpy\nopen(numpy.__file__, 'r+b').close(); return True",
        "not run",
    ),
    Case("a setting of its own process cannot be written", "open('/proc/self/comm', 'w').write('x'); return True"),
    Case(
        "the call's own attachment cannot be written to",
        "open('attachments/own.txt', 'a').write('more'); return True",
        scene=with_attachment,
    ),
    Case(
        "an attachment of another task cannot be written to",
        """
        own = os.readlink('attachments/own.txt')
        open(os.path.join(os.path.dirname(own), 'foreign.txt'), 'a').write('more')
        return True
        """,
        scene=with_attachment,
    ),
    Case(
        "the folders of other workers cannot be written to",
        """
        own = int(os.path.basename(os.path.dirname(os.getcwd())))
        for number in range(8):
            if number != own:
                try:
                    os.makedirs(f'../../{number}/planted')
                    os.rmdir(f'../../{number}/planted')
                    return True
                except OSError:
                    pass
        """,
        scratch=True,
    ),
    Case(
        "the folder of all workers' folders cannot be written to",
        """
        os.mkdir('../../planted')
        os.rmdir('../../planted')
        return True
        """,
        scratch=True,
    ),
]
