/* SPDX-License-Identifier: GPL-2.0-only */
/* ops.h - FUSE's operations on the tree: decode, call the node's, answer. */
#ifndef PROBEFS_FS_OPS_H
#define PROBEFS_FS_OPS_H

struct fuse_lowlevel_ops;
struct handle;

extern const struct fuse_lowlevel_ops fuse_operations;

/* Close @handle with what libfuse keeps for it. */
void ops_free_handle(struct handle *handle);

#endif
