/* SPDX-License-Identifier: GPL-2.0-only */
/* pmu.h - what the kernel says of its sources of perf events. */
#ifndef PROBEFS_BPF_PMU_H
#define PROBEFS_BPF_PMU_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The number in a file of a PMU ("kprobe", "uprobe"): its "type", or, of
 * "format/…", the first bit of that field in the event's config.
 */
bool pmu_number(const char *pmu, const char *file, uint64_t *value);

#endif
