// Loaded before libc (LD_PRELOAD): from the n-th read on, a file whose path ends with a name cannot be read.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char fault_name[256];
static long fault_at, fault_reads;

void fault_set(const char *name, long at) {
    snprintf(fault_name, sizeof fault_name, "%s", name);
    fault_at = at;
    fault_reads = 0;
}

long fault_count(void) { return fault_reads; }

static int fails(int handle) {
    char link[64], path[4096];
    size_t size = strlen(fault_name);
    if (size == 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < (ssize_t)size || memcmp(path + length - size, fault_name, size) != 0) return 0;
    ++fault_reads;
    if (fault_at == 0 || fault_reads < fault_at) return 0;
    errno = EIO;
    return 1;
}

#define REAL(name, ...) ((ssize_t(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

ssize_t read(int handle, void *to, size_t size) {
    return fails(handle) ? -1 : REAL(read, int, void *, size_t)(handle, to, size);
}

ssize_t pread(int handle, void *to, size_t size, off_t at) {
    return fails(handle) ? -1 : REAL(pread, int, void *, size_t, off_t)(handle, to, size, at);
}

ssize_t pread64(int handle, void *to, size_t size, off_t at) {
    return fails(handle) ? -1 : REAL(pread64, int, void *, size_t, off_t)(handle, to, size, at);
}

ssize_t readv(int handle, const struct iovec *parts, int count) {
    return fails(handle) ? -1 : REAL(readv, int, const struct iovec *, int)(handle, parts, count);
}
