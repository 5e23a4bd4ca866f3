/* SPDX-License-Identifier: GPL-2.0-only */
/* root.h - the tree's birth and end. */
#ifndef PROBEFS_FS_ROOT_H
#define PROBEFS_FS_ROOT_H

#include "tree.h"

/* @engine must outlive the tree, except that it may end before tree_free(). */
struct tree *tree_new(struct engine *engine, const struct tree_config *config);
void tree_free(struct tree *tree);

#endif
