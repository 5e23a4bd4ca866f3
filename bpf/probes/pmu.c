/* SPDX-License-Identifier: GPL-2.0-only */
/* pmu.c - owns the reading of /sys/bus/event_source. */
#include "pmu.h"

#include <glib.h>
#include <string.h>

#define DEVICES "/sys/bus/event_source/devices/"

bool pmu_number(const char *pmu, const char *file, uint64_t *value)
{
	g_autofree char *path = g_strconcat(DEVICES, pmu, "/", file, NULL);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return false;
	/* "6", or "config:32-63". */
	*value = g_ascii_strtoull(text + strcspn(text, "0123456789"), NULL, 10);
	return true;
}
