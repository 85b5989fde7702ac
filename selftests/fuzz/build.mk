# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# libFuzzer targets: every file of fuzz/ is one, linked with the library and
# lib/. What was found interesting is kept below build/fuzz/corpus.

FUZZ_SRCS := $(wildcard selftests/fuzz/*.c)
FUZZ_PROGS := $(FUZZ_SRCS:selftests/fuzz/%.c=$(B)/fuzz/%)
FUZZ_CC := clang
FUZZ_CFLAGS := -std=gnu11 -g -O1 -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_SECONDS := 60

cmd_FUZZCC = $(FUZZ_CC) $(ALL_CPPFLAGS) $(FUZZ_CFLAGS) \
	-fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
cmd_FUZZLD = $(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer $(INJECT) -o $@ \
	$(filter %.o %.a,$^) -pthread

$(B)/fuzz/obj/%.o: ALL_CPPFLAGS += -isystem $(KSELFTEST)
$(B)/fuzz/obj/%.o: %.c | $(KSELFTEST)
	@mkdir -p $(@D)
	$(call cmd,FUZZCC)

$(B)/fuzz/lib.a: $(patsubst %.c,$(B)/fuzz/obj/%.o,$(LIB_SRCS) $(FIXTURE_SRCS))
	$(call cmd,AR)

$(FUZZ_PROGS): $(B)/fuzz/%: $(B)/fuzz/obj/selftests/fuzz/%.o $(B)/fuzz/lib.a
	$(call cmd,FUZZLD)

.PHONY: $(FUZZ_PROGS:$(B)/fuzz/%=fuzz-%)
$(FUZZ_PROGS:$(B)/fuzz/%=fuzz-%): fuzz-%: $(B)/fuzz/%
	$(Q)mkdir -p $(B)/fuzz/corpus/$*
	$(Q)cd $(B)/fuzz && ./$* -max_total_time=$(FUZZ_SECONDS) -timeout=20 \
		-verbosity=$(if $(Q),0,1) -print_final_stats=1 corpus/$*

fuzz-now: $(FUZZ_PROGS:$(B)/fuzz/%=fuzz-%)
