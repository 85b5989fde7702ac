// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The same in C++: contexts and memory that let go by themselves.
 */
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include <dmamem/memory.h>

namespace {

struct close_context {
	void operator()(dmamem_context *ctx) const { dmamem_close(ctx); }
};
using context = std::unique_ptr<dmamem_context, close_context>;

context open_context(const char *device)
{
	char why[256];
	dmamem_options options{};
	dmamem_context *ctx;

	options.size = sizeof(options);
	options.device = device;
	options.explanation = why;
	options.explanation_size = sizeof(why);
	if (dmamem_open(&options, &ctx))
		throw std::runtime_error(why);
	return context(ctx);
}

/* Memory that the device may use for as long as this exists */
class pinned {
public:
	pinned(dmamem_context *ctx, std::size_t len) : ctx(ctx), len(len),
		memory(new (std::align_val_t(DMAMEM_PAGE_SIZE)) char[len]())
	{
		if (!dmamem_register(ctx, memory, len))
			return;
		char why[256];

		dmamem_explain(ctx, why, sizeof(why));
		release();
		throw std::runtime_error(why);
	}
	~pinned()
	{
		dmamem_unregister(ctx, memory, len);
		release();
	}
	pinned(const pinned &) = delete;
	pinned &operator=(const pinned &) = delete;

	/* One line for each run of consecutive addresses */
	void print(std::ostream &out) const
	{
		for (std::uint64_t at = 0, run; at < len; at += run) {
			run = len - at;
			auto addr = dmamem_translate(ctx, memory + at, &run);

			out << std::hex
			    << static_cast<const void *>(memory + at) << " -> 0x"
			    << addr << ", " << std::dec << run << " bytes\n";
		}
	}

private:
	void release()
	{
		operator delete[](memory, std::align_val_t(DMAMEM_PAGE_SIZE));
	}

	dmamem_context *ctx;
	std::size_t len;
	char *memory;
};

} // namespace

int main(int argc, char **argv)
try {
	context ctx = open_context(argc > 1 ? argv[1] : nullptr);
	pinned memory(ctx.get(), 8 * DMAMEM_PAGE_SIZE);
	std::string line;

	std::cout << "Addresses from " << dmamem_get_provider(ctx.get()) << '\n';
	memory.print(std::cout);
	std::cout << "They stay as they are until you press Enter.\n"
		  << std::flush;
	std::getline(std::cin, line);
	return 0;
} catch (const std::exception &error) {
	std::cerr << "pin_cpp: " << error.what() << '\n';
	return 1;
}
