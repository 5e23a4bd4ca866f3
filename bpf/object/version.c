/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * version.c - owns the maps of a program in the kernel. Knows nothing of
 * probe points.
 */
#include "version.h"

#include "bpf/error.h"
#include "kernel_log.h"
#include "map_fit.h"
#include "map_type.h"
#include "bpf/include/probefs/record.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct version_map {
	char *name;     /* owned */
	char *key_type; /* owned: description of its BTF type */
	char *value_type;
	uint32_t key_type_id;
	uint32_t value_type_id;
	bool is_internal;  /* global variables, constants */
	bool is_histogram; /* BCC's BPF_HISTOGRAM */
	int fd;            /* owned */
	struct bpf_map_info info;
};

struct version {
	gatomicrefcount n_refs;
	GArray *variables;               /* owned struct version_variable */
	struct object *object;           /* owned */
	GPtrArray *maps;                 /* owned struct version_map */
	struct probefs_control *control; /* mapped */
	uint64_t ring_bytes;
	GArray *kept; /* owned int: loaded functions */
	guint n_attachments;
	bool is_retired;
};

static void map_free(gpointer data)
{
	struct version_map *map = data;

	if (map->fd >= 0)
		close(map->fd);
	g_free(map->name);
	g_free(map->key_type);
	g_free(map->value_type);
	g_free(map);
}

static const struct version_map *version_map(const struct version *version,
					     const char *name)
{
	for (guint i = 0; i < version->maps->len; i++) {
		const struct version_map *map = version->maps->pdata[i];

		if (!strcmp(map->name, name))
			return map;
	}
	return NULL;
}

/* A new source's variables begin with its own values, and its rings empty. */
static bool is_kept_by_type(enum bpf_map_type type)
{
	return type != BPF_MAP_TYPE_RINGBUF &&
	       type != BPF_MAP_TYPE_PERF_EVENT_ARRAY &&
	       type != BPF_MAP_TYPE_PROG_ARRAY;
}

static bool is_same_map(const struct bpf_map *map, const struct btf *btf,
			const struct version_map *old)
{
	g_autofree char *key = NULL, *value = NULL;

	if (old->is_internal || bpf_map__is_internal(map) ||
	    bpf_map__type(map) != old->info.type ||
	    bpf_map__key_size(map) != old->info.key_size ||
	    bpf_map__value_size(map) != old->info.value_size ||
	    bpf_map__max_entries(map) != old->info.max_entries ||
	    bpf_map__map_flags(map) != old->info.map_flags ||
	    !is_kept_by_type(bpf_map__type(map)))
		return false;
	key = map_type_description(btf, bpf_map__btf_key_type_id(map));
	value = map_type_description(btf, bpf_map__btf_value_type_id(map));
	return !strcmp(key, old->key_type) && !strcmp(value, old->value_type);
}

static bool prepare_ring(struct bpf_map *map, uint64_t ring_bytes, int ring_fd)
{
	bpf_map__set_max_entries(map, ring_bytes);
	return ring_fd < 0 || bpf_map__type(map) != BPF_MAP_TYPE_RINGBUF ||
	       !bpf_map__reuse_fd(map, ring_fd);
}

/* False: see errno. */
static bool prepare_map(struct bpf_map *map, const struct btf *btf,
			const struct version *old, uint64_t ring_bytes,
			int ring_fd)
{
	const struct version_map *kept = old ? version_map(old,
							   bpf_map__name(map))
					     : NULL;

	map_fit(map);
	if (!strcmp(bpf_map__name(map), PROBEFS_RING_MAP))
		return prepare_ring(map, ring_bytes, ring_fd);
	/* Where it cannot be shared, a new one is made. */
	if (kept && is_same_map(map, btf, kept))
		bpf_map__reuse_fd(map, kept->fd);
	return true;
}

/*
 * What headers define is none of the user's: bpf_printk's formats, and what is
 * probefs's. The kernel's configuration is nobody's.
 */
static bool is_users(const char *section, const char *name)
{
	return *name && !strstr(name, "__probefs_") &&
	       !strstr(name, "____fmt") &&
	       strcmp(section, PROBEFS_CONTROL_SECTION) &&
	       strcmp(section, ".kconfig");
}

/* The strings are owned by the array. */
static void variable_clear(gpointer data)
{
	const struct version_variable *variable = data;

	g_free((char *)(uintptr_t)variable->name);
	g_free((char *)(uintptr_t)variable->section);
}

/* The variables of an internal map, as its DATASEC in BTF has them. */
static void version_take_variables(struct version *version,
				   const struct version_map *map,
				   const struct btf *btf)
{
	const struct btf_type *section =
		map->value_type_id ? btf__type_by_id(btf, map->value_type_id)
				   : NULL;
	const struct btf_var_secinfo *places;
	const char *section_name;

	if (!section || !btf_is_datasec(section))
		return;
	section_name = btf__name_by_offset(btf, section->name_off);
	places = btf_var_secinfos(section);
	for (unsigned i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *type = btf__type_by_id(btf,
							      places[i].type);
		const char *name = btf__name_by_offset(btf, type->name_off);
		const struct version_variable variable = {
			.name = g_strdup(name),
			.section = g_strdup(section_name),
			.fd = map->fd,
			.map_bytes = map->info.value_size,
			.offset = places[i].offset,
			.n_bytes = places[i].size,
			.type_id = type->type,
			.is_constant = map->info.map_flags & BPF_F_RDONLY_PROG,
		};

		if (is_users(section_name, name) &&
		    variable.offset + variable.n_bytes <= variable.map_bytes)
			g_array_append_val(version->variables, variable);
		else
			variable_clear((gpointer)(uintptr_t)&variable);
	}
}

static bool is_histogram_type(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = id ? btf__type_by_id(btf, id) : NULL;

	return type && !strcmp(btf__name_by_offset(btf, type->name_off),
			       PROBEFS_HISTOGRAM_TYPE);
}

static bool version_take_map(struct version *version, const struct bpf_map *map,
			     const struct btf *btf)
{
	struct version_map *copy = g_new0(struct version_map, 1);
	uint32_t n_bytes = sizeof(copy->info);

	copy->fd = fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 0);
	copy->name = g_strdup(bpf_map__name(map));
	copy->is_internal = bpf_map__is_internal(map);
	copy->key_type_id = bpf_map__btf_key_type_id(map);
	copy->value_type_id = bpf_map__btf_value_type_id(map);
	copy->is_histogram = is_histogram_type(btf, copy->value_type_id);
	copy->key_type = map_type_description(btf,
					      bpf_map__btf_key_type_id(map));
	copy->value_type = map_type_description(btf, bpf_map__btf_value_type_id(
							     map));
	g_ptr_array_add(version->maps, copy);
	if (copy->fd < 0 ||
	    bpf_obj_get_info_by_fd(copy->fd, &copy->info, &n_bytes))
		return false;
	if (copy->is_internal)
		version_take_variables(version, copy, btf);
	return true;
}

static bool version_map_control(struct version *version, GError **error)
{
	const struct version_map *map = version_map(version,
						    PROBEFS_CONTROL_SECTION);
	struct probefs_control *control;

	if (!map || map->info.value_size < sizeof(*control))
		return true;
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE,
		       MAP_SHARED, map->fd, 0);
	if (control == MAP_FAILED) {
		int err = errno;

		probefs_set_error(error, err,
				  "%s: cannot map its control variable: %s",
				  object_name(version->object),
				  g_strerror(err));
		return false;
	}
	for (unsigned i = 0; i < PROBEFS_N_EXCLUDED; i++)
		control->excluded_tgid[i] = PROBEFS_NO_TGID;
	control->excluded_tgid[0] = getpid();
	control->n_excluded = 1;
	version->control = control;
	return true;
}

static void set_maps_error(const char *name, int err, const char *log,
			   GError **error)
{
	g_autofree char *first = g_strndup(log, strcspn(log, "\n"));

	if (err == EPERM)
		probefs_set_error(error, EPERM,
				  "%s: the kernel refuses its maps: %s "
				  "(probefs needs CAP_BPF)",
				  name, *first ? first : g_strerror(err));
	else
		probefs_set_error(error, err == ENOMEM ? ENOMEM : EINVAL,
				  "%s: its maps cannot be made: %s%s%s", name,
				  *first ? first : g_strerror(err),
				  strchr(log, '\n') ? "\n" : "", log);
}

static bool version_load_maps(struct version *version,
			      struct bpf_object *opened,
			      const struct version *old, int ring_fd,
			      GError **error)
{
	const struct btf *btf = bpf_object__btf(opened);
	struct bpf_program *program;
	bool is_prepared = true;
	struct bpf_map *map;

	bpf_object__for_each_program(program, opened)
		bpf_program__set_autoload(program, false);
	bpf_object__for_each_map(map, opened)
		is_prepared = is_prepared &&
			      prepare_map(map, btf, old, version->ring_bytes,
					  ring_fd);
	if (!is_prepared || bpf_object__load(opened)) {
		int err = errno;
		g_autofree char *log = kernel_log_end();

		kernel_log_begin();
		set_maps_error(object_name(version->object), err, log, error);
		return false;
	}
	bpf_object__for_each_map(map, opened)
	{
		if (!version_take_map(version, map, btf)) {
			probefs_set_error(error, EMFILE,
					  "%s: no descriptor left for map %s",
					  object_name(version->object),
					  bpf_map__name(map));
			return false;
		}
	}
	return version_map_control(version, error);
}

struct version *version_new(struct object *object, const struct version *old,
			    uint64_t ring_bytes, int ring_fd, GError **error)
{
	LIBBPF_OPTS(bpf_object_open_opts, options,
		    .object_name = object_name(object));
	struct version *version = g_new0(struct version, 1);
	g_autoptr(GBytes)
		elf = object_without_relocations(object_loadable(object));
	g_autofree char *log = NULL;
	struct bpf_object *opened;
	bool is_loaded = false;
	size_t n_bytes;
	const void *bytes = g_bytes_get_data(elf, &n_bytes);

	g_atomic_ref_count_init(&version->n_refs);
	version->object = object;
	version->maps = g_ptr_array_new_with_free_func(map_free);
	version->variables = g_array_new(FALSE, FALSE,
					 sizeof(struct version_variable));
	g_array_set_clear_func(version->variables, variable_clear);
	version->ring_bytes = ring_bytes;
	version->kept = g_array_new(FALSE, FALSE, sizeof(int));
	kernel_log_begin();
	opened = bpf_object__open_mem(bytes, n_bytes, &options);
	if (opened)
		is_loaded = version_load_maps(version, opened, old, ring_fd,
					      error);
	else
		probefs_set_error(error, errno, "%s: cannot be opened",
				  object_name(object));
	bpf_object__close(opened);
	log = kernel_log_end();
	if (is_loaded)
		return version;
	version_unref(version);
	return NULL;
}

struct version *version_ref(struct version *version)
{
	g_atomic_ref_count_inc(&version->n_refs);
	return version;
}

void version_unref(struct version *version)
{
	if (!version || !g_atomic_ref_count_dec(&version->n_refs))
		return;
	if (version->control)
		munmap(version->control, sizeof(*version->control));
	for (guint i = 0; i < version->kept->len; i++)
		close(g_array_index(version->kept, int, i));
	g_array_unref(version->kept);
	g_ptr_array_unref(version->maps);
	g_array_unref(version->variables);
	object_free(version->object);
	g_free(version);
}

const struct object *version_object(const struct version *version)
{
	return version->object;
}

struct probefs_control *version_control(const struct version *version)
{
	return version->control;
}

static void set_only_cookie(struct version *version, uint64_t cookie)
{
	if (version->control)
		__atomic_store_n(&version->control->only_cookie, cookie,
				 __ATOMIC_RELAXED);
}

void version_retire(struct version *version)
{
	version->is_retired = true;
}

bool version_is_retired(const struct version *version)
{
	return version->is_retired;
}

void version_expect_attachment(struct version *version)
{
	set_only_cookie(version, 0);
}

void version_add_attachment(struct version *version, uint64_t cookie)
{
	version->n_attachments++;
	set_only_cookie(version, version->n_attachments == 1 ? cookie : 0);
}

/* Which of several is left does not matter enough to look for it. */
void version_drop_attachment(struct version *version)
{
	version->n_attachments--;
	set_only_cookie(version, 0);
}

int version_map_fd(const struct version *version, const char *name)
{
	const struct version_map *map = version_map(version, name);

	return map ? map->fd : -1;
}

/* What is of the compiler's making, or a variable's, is none of the user's. */
static bool is_shown(const struct version_map *map)
{
	return !map->is_internal && !g_str_has_prefix(map->name, "__probefs_");
}

bool version_map_shown(const struct version *version, guint index,
		       struct version_map_shown *map)
{
	for (guint i = 0; i < version->maps->len; i++) {
		const struct version_map *one = version->maps->pdata[i];

		if (!is_shown(one) || index--)
			continue;
		*map = (struct version_map_shown){
			.name = one->name,
			.fd = one->fd,
			.info = &one->info,
			.key_type_id = one->key_type_id,
			.value_type_id = one->value_type_id,
			.is_histogram = one->is_histogram,
		};
		return true;
	}
	return false;
}

bool version_variable(const struct version *version, guint index,
		      struct version_variable *variable)
{
	if (index >= version->variables->len)
		return false;
	*variable = g_array_index(version->variables, struct version_variable,
				  index);
	return true;
}

int version_ring_fd(const struct version *version)
{
	return version_map_fd(version, PROBEFS_RING_MAP);
}

uint64_t version_ring_bytes(const struct version *version)
{
	return version->ring_bytes;
}

guint version_n_maps(const struct version *version)
{
	return version->maps->len;
}

void version_keep(struct version *version, int fd)
{
	g_array_append_val(version->kept, fd);
}

bool version_set_slot(const struct version *version, const char *map,
		      uint32_t index, int fd, GError **error)
{
	const struct version_map *found = version_map(version, map);
	int err = ENOENT;

	if (found && !bpf_map_update_elem(found->fd, &index, &fd, BPF_ANY))
		return true;
	if (found)
		err = errno;
	probefs_set_error(error, err == ENOENT ? ENOENT : EINVAL,
			  "%s[%u] cannot hold its function: %s", map, index,
			  err == E2BIG ? "it has fewer entries"
				       : g_strerror(err));
	return false;
}

uint64_t version_memory_bytes(const struct version *version)
{
	uint64_t n_bytes = 0;

	for (guint i = 0; i < version->maps->len; i++) {
		const struct version_map *map = version->maps->pdata[i];
		g_autofree char *path = g_strdup_printf("/proc/self/fdinfo/%d",
							map->fd);
		g_autofree char *text = NULL;
		const char *at;

		if (!g_file_get_contents(path, &text, NULL, NULL))
			continue;
		at = strstr(text, "memlock:");
		if (at)
			n_bytes += g_ascii_strtoull(at + 8, NULL, 10);
	}
	return n_bytes;
}
