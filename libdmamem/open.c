// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Opening a context: from options and facts to a provider.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libdmamem/choose.h"
#include "libdmamem/context.h"
#include "libdmamem/fitness.h"

/* Fields that the caller's header does not have are zero */
static int copy_options(const struct dmamem_options *options,
			struct dmamem_options *copy)
{
	const char *tail = (const char *)options + sizeof(*copy);

	memset(copy, 0, sizeof(*copy));
	if (!options)
		return 0;
	if (options->size < offsetof(struct dmamem_options, node))
		return -EINVAL;
	if (options->size <= sizeof(*copy)) {
		memcpy(copy, options, options->size);
		return 0;
	}
	for (size_t i = 0; i < options->size - sizeof(*copy); i++)
		if (tail[i])
			return -EINVAL;
	memcpy(copy, options, sizeof(*copy));
	return 0;
}

static int check_options(const struct dmamem_options *options, char *why)
{
	static const char * const names[] = { "auto", "kmod", "vfio",
					      "hugepage" };
	size_t i;

	if (options->flags & ~(uint64_t)(DMAMEM_OPEN_RESIDENT_LISTS |
					 DMAMEM_OPEN_MODULE_FD))
		return dmamem_because(why, -EINVAL,
				      "flags: %#jx has unknown ones",
				      (uintmax_t)options->flags);
	if (options->reserved)
		return dmamem_because(why, -EINVAL, "reserved: is not 0");
	if ((unsigned int)options->iova_mode > DMAMEM_IOVA_DMA)
		return dmamem_because(why, -EINVAL, "iova_mode: there is no %u",
				      options->iova_mode);
	if (options->provider) {
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (!strcmp(options->provider, names[i]))
				break;
		if (i == sizeof(names) / sizeof(names[0]))
			return dmamem_because(why, -EINVAL,
					      "provider: there is no \"%s\" (auto, kmod, vfio or hugepage)",
					      options->provider);
	}
	return dmamem_fitness_check_options(options, why);
}

/* A file that was handed over leaves nothing to choose */
static int check_module_fd(const struct dmamem_options *options, char *why)
{
	const char *provider = options->provider;

	if (options->node || options->device ||
	    (provider && strcmp(provider, "auto") && strcmp(provider, "kmod")))
		return dmamem_because(why, -EINVAL,
				      "module_fd: node, device or another provider is asked for, too");
	if (options->flags & DMAMEM_OPEN_RESIDENT_LISTS)
		return dmamem_because(why, -EINVAL,
				      "module_fd: lists would be pinned, which only the process can that opened the file");
	return 0;
}

static int open_module_fd(const struct dmamem_options *options,
			  struct dmamem_provider **provider, char *why)
{
	int ret = check_module_fd(options, why);

	if (ret)
		return ret;
	ret = dmamem_provider_kmod_open_fd(options->module_fd,
					   options->iova_mode, provider, why);
	if (!ret)
		dmamem_because((*provider)->reason, 0,
			       "the module's file was handed over");
	return ret;
}

static int read_facts(const char *device, struct dmamem_facts *facts,
		      char *why)
{
	int ret = dmamem_facts_read("/", device, facts);

	if (ret == -EINVAL)
		return dmamem_because(why, ret,
				      "device: \"%s\" is not a PCI address as 0000:00:04.0",
				      device);
	if (ret == -ENODEV)
		return dmamem_because(why, ret, "there is no PCI function %s",
				      device);
	return ret;
}

static int open_source(enum dmamem_source source,
		       const struct dmamem_options *options,
		       const struct dmamem_facts *facts,
		       struct dmamem_provider **provider, char *why)
{
	char node[64];

	switch (source) {
	case DMAMEM_SOURCE_VFIO:
		return dmamem_provider_vfio_open(options, facts, provider, why);
	case DMAMEM_SOURCE_DEVICE_NODE:
		snprintf(node, sizeof(node), "/dev/dmamem-%s", facts->device);
		return dmamem_provider_kmod_open(node, options->iova_mode,
						 provider, why);
	case DMAMEM_SOURCE_NODE:
		return dmamem_provider_kmod_open(options->node ?
						 options->node : "/dev/dmamem",
						 options->iova_mode, provider,
						 why);
	default:
		return dmamem_provider_hugepage_open(facts, provider, why);
	}
}

static int check_access(enum dmamem_source source,
			const struct dmamem_options *options,
			const struct dmamem_facts *facts, char *why)
{
	char path[64] = "/dev/dmamem";

	if (source == DMAMEM_SOURCE_VFIO)
		snprintf(path, sizeof(path), "/dev/vfio/%s", facts->group);
	else if (source == DMAMEM_SOURCE_DEVICE_NODE)
		snprintf(path, sizeof(path), "/dev/dmamem-%s", facts->device);
	else if (source == DMAMEM_SOURCE_HUGEPAGE)
		return 0;
	if (!faccessat(AT_FDCWD, options->node ? options->node : path,
		       R_OK | W_OK, AT_EACCESS))
		return 0;
	return dmamem_because(why, -errno, "%s cannot be opened: %s",
			      options->node ? options->node : path,
			      strerrordesc_np(errno));
}

/* Without @provider nothing is opened */
static int try_source(enum dmamem_source source,
		      const struct dmamem_options *options,
		      const struct dmamem_facts *facts,
		      struct dmamem_provider **provider, char *why)
{
	char reason[DMAMEM_EXPLANATION_SIZE];
	int ret;

	ret = dmamem_choose_check(source, options, facts, why);
	if (ret)
		return ret;
	if (!provider)
		return check_access(source, options, facts, why);
	memcpy(reason, why, sizeof(reason));
	why[0] = '\0';
	ret = open_source(source, options, facts, provider, why);
	if (ret && !why[0])
		return dmamem_because(why, ret, "%s", strerrordesc_np(-ret));
	if (!ret && (*provider)->reason[0])
		strncat(reason, (*provider)->reason,
			sizeof(reason) - strlen(reason) - 1);
	if (!ret)
		memcpy((*provider)->reason, reason, sizeof(reason));
	return ret;
}

/* The first that will do. Of the failures, the one that the caller expects */
static int choose_provider(const struct dmamem_options *options,
			   enum dmamem_source *chosen,
			   struct dmamem_provider **provider, char *why)
{
	char text[DMAMEM_EXPLANATION_SIZE];
	enum dmamem_source expected;
	struct dmamem_facts facts;
	int ret, err = -ENOENT;

	ret = read_facts(options->device, &facts, why);
	if (ret)
		return ret;
	expected = dmamem_choose_expected(options, &facts);
	for (int source = 0; source < DMAMEM_NR_SOURCES; source++) {
		ret = try_source(source, options, &facts, provider, text);
		/* That memory is short now is no reason for another choice */
		if (!ret || ret == -ENOMEM) {
			*chosen = source;
			memcpy(why, text, sizeof(text));
			return ret;
		}
		if (source == (int)expected) {
			memcpy(why, text, sizeof(text));
			err = ret;
		}
	}
	return err;
}

static int open_context(const struct dmamem_options *options,
			struct dmamem_context **ctx, char *why)
{
	struct dmamem_provider *provider;
	enum dmamem_source source;
	int ret;

	ret = check_options(options, why);
	if (ret)
		return ret;
	if (options->flags & DMAMEM_OPEN_MODULE_FD)
		ret = open_module_fd(options, &provider, why);
	else
		ret = choose_provider(options, &source, &provider, why);
	if (ret)
		return ret;
	dmamem_fitness_init(&provider->fitness, options);
	ret = dmamem_context_create(provider, options, ctx);
	if (ret)
		provider->ops->close(provider);
	else if (options->flags & DMAMEM_OPEN_MODULE_FD)
		dmamem_provider_kmod_take_fd(provider);
	return ret;
}

int dmamem_open(const struct dmamem_options *options,
		struct dmamem_context **ctx)
{
	char why[DMAMEM_EXPLANATION_SIZE] = "";
	struct dmamem_options copy;
	int ret;

	ret = copy_options(options, &copy);
	if (ret)
		return ret;
	ret = open_context(&copy, ctx, why);
	if (ret && copy.explanation && copy.explanation_size)
		snprintf(copy.explanation, copy.explanation_size, "%s",
			 why[0] ? why : strerrordesc_np(-ret));
	return ret;
}

static int foresee(const struct dmamem_options *options, const char **provider,
		   char *why)
{
	static const char * const names[] = {
		[DMAMEM_SOURCE_VFIO] = "vfio",
		[DMAMEM_SOURCE_DEVICE_NODE] = "kmod",
		[DMAMEM_SOURCE_NODE] = "kmod",
		[DMAMEM_SOURCE_HUGEPAGE] = "hugepage",
	};
	enum dmamem_source source;
	int ret;

	ret = check_options(options, why);
	if (ret)
		return ret;
	if (options->flags & DMAMEM_OPEN_MODULE_FD) {
		ret = check_module_fd(options, why);
		if (!ret)
			*provider = "kmod";
		return ret ? ret : dmamem_because(why, 0,
						  "the module's file was handed over");
	}
	ret = choose_provider(options, &source, NULL, why);
	if (!ret)
		*provider = names[source];
	return ret;
}

int dmamem_foresee(const struct dmamem_options *options, const char **provider)
{
	char why[DMAMEM_EXPLANATION_SIZE] = "";
	struct dmamem_options copy;
	int ret;

	ret = copy_options(options, &copy);
	if (ret)
		return ret;
	ret = foresee(&copy, provider, why);
	if (copy.explanation && copy.explanation_size)
		snprintf(copy.explanation, copy.explanation_size, "%s",
			 why[0] ? why : strerrordesc_np(-ret));
	return ret;
}

const char *dmamem_get_provider(const struct dmamem_context *ctx)
{
	return ctx->provider->ops->name;
}

enum dmamem_iova_mode dmamem_get_iova_mode(const struct dmamem_context *ctx)
{
	return ctx->provider->mode;
}

const char *dmamem_get_reason(const struct dmamem_context *ctx)
{
	return ctx->provider->reason;
}
