/* SPDX-License-Identifier: GPL-2.0-only */
/* ops.h - FUSE's operations on the tree: decode, call the node's, answer. */
#ifndef PROBEFS_FS_OPS_H
#define PROBEFS_FS_OPS_H

struct fuse_lowlevel_ops;
struct handle;

extern const struct fuse_lowlevel_ops fuse_operations;

/* Directories: directory.c. */
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

/* The node that the kernel knows by @ino. */
struct node *ops_node(struct fuse_req *req, unsigned long ino);

/* Close @handle with what libfuse keeps for it. */
void ops_free_handle(struct handle *handle);

#endif
