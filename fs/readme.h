/* SPDX-License-Identifier: GPL-2.0-only */
/* readme.h - the text of /README, up to the list of probe kinds. */
#ifndef PROBEFS_FS_README_H
#define PROBEFS_FS_README_H

extern const char readme_text[];

#endif
