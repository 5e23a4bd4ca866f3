/* SPDX-License-Identifier: GPL-2.0-only */
/* directory.h - FUSE's operations on directories. */
#ifndef PROBEFS_FS_DIRECTORY_H
#define PROBEFS_FS_DIRECTORY_H

#include <sys/types.h>

struct fuse_file_info;
struct fuse_req;

void directory_open(struct fuse_req *req, unsigned long ino,
		    struct fuse_file_info *info);
void directory_read(struct fuse_req *req, unsigned long ino, size_t size,
		    off_t offset, struct fuse_file_info *info);
void directory_read_plus(struct fuse_req *req, unsigned long ino, size_t size,
			 off_t offset, struct fuse_file_info *info);
void directory_release(struct fuse_req *req, unsigned long ino,
		       struct fuse_file_info *info);
/* For one that the kernel has not closed when the mount ends. */
struct open_directory;
void directory_free(struct open_directory *directory);

#endif
