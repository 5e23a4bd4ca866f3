/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fs.h - files, inodes, directory entries, mounts. */
#ifndef PROBEFS_KERNEL_FS_H
#define PROBEFS_KERNEL_FS_H

#define NAME_MAX    255
#define PATH_MAX    4096
#define ARG_MAX     131072
#define FS_NAME_LEN 8

/* The length of a name inside its struct dentry. */
#if defined(LINUX_VERSION_CODE) && LINUX_VERSION_CODE >= 0x060c00
#define DNAME_INLINE_LEN 40
#else
#define DNAME_INLINE_LEN 32
#endif

#define O_ACCMODE  00000003
#define O_RDONLY   00000000
#define O_WRONLY   00000001
#define O_RDWR     00000002
#define O_CREAT    00000100
#define O_EXCL     00000200
#define O_NOCTTY   00000400
#define O_TRUNC    00001000
#define O_APPEND   00002000
#define O_NONBLOCK 00004000
#define O_DSYNC    00010000
#ifdef __TARGET_ARCH_arm64
#define O_DIRECTORY 00040000
#define O_NOFOLLOW  00100000
#define O_DIRECT    00200000
#define O_LARGEFILE 00400000
#else
#define O_DIRECT    00040000
#define O_LARGEFILE 00100000
#define O_DIRECTORY 00200000
#define O_NOFOLLOW  00400000
#endif
#define O_NOATIME               01000000
#define O_CLOEXEC               02000000
#define O_SYNC                  (04000000 | O_DSYNC)
#define O_PATH                  010000000
#define O_TMPFILE               (020000000 | O_DIRECTORY)
#define AT_FDCWD                -100
#define AT_SYMLINK_NOFOLLOW     0x100
#define AT_REMOVEDIR            0x200
#define AT_EMPTY_PATH           0x1000

/* The kernel's own flags of an open file. */
#define FMODE_READ              0x1
#define FMODE_WRITE             0x2
#define FMODE_LSEEK             0x4
#define FMODE_PREAD             0x8
#define FMODE_PWRITE            0x10
#define FMODE_EXEC              0x20
#define FMODE_CREATED           0x100000
#define FMODE_OPENED            0x80000

#define S_IFMT                  00170000
#define S_IFSOCK                0140000
#define S_IFLNK                 0120000
#define S_IFREG                 0100000
#define S_IFBLK                 0060000
#define S_IFDIR                 0040000
#define S_IFCHR                 0020000
#define S_IFIFO                 0010000
#define S_ISUID                 0004000
#define S_ISGID                 0002000
#define S_ISVTX                 0001000
#define S_ISLNK(mode)           (((mode)&S_IFMT) == S_IFLNK)
#define S_ISREG(mode)           (((mode)&S_IFMT) == S_IFREG)
#define S_ISDIR(mode)           (((mode)&S_IFMT) == S_IFDIR)
#define S_ISCHR(mode)           (((mode)&S_IFMT) == S_IFCHR)
#define S_ISBLK(mode)           (((mode)&S_IFMT) == S_IFBLK)
#define S_ISFIFO(mode)          (((mode)&S_IFMT) == S_IFIFO)
#define S_ISSOCK(mode)          (((mode)&S_IFMT) == S_IFSOCK)

#define MINORBITS               20
#define MINORMASK               ((1U << MINORBITS) - 1)
#define MAJOR(device)           ((unsigned int)((device) >> MINORBITS))
#define MINOR(device)           ((unsigned int)((device)&MINORMASK))
#define MKDEV(major, minor)     (((major) << MINORBITS) | (minor))

#define MS_RDONLY               1
#define MS_NOSUID               2
#define MS_NODEV                4
#define MS_NOEXEC               8
#define MS_REMOUNT              32
#define MS_BIND                 4096
#define MS_MOVE                 8192
#define MS_REC                  16384

#define DCACHE_ENTRY_TYPE       0x00700000
#define DCACHE_MISS_TYPE        0x00000000

#define IOCB_APPEND             0x2
#define IOCB_DIRECT             (1 << 17)

#define READ                    0
#define WRITE                   1

#define file_inode(file)        ((file)->f_inode)
#define d_inode(dentry)         ((dentry)->d_inode)
#define d_backing_inode(dentry) ((dentry)->d_inode)
#define d_is_negative(dentry)   (!(dentry)->d_inode)
#define i_size_read(inode)      ((inode)->i_size)
#define i_uid_read(inode)       ((inode)->i_uid.val)
#define i_gid_read(inode)       ((inode)->i_gid.val)

#endif
