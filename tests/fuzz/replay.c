/*
 * Runs a fuzz target over saved inputs, with any compiler: replay FILE...
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    fseek(file, 0, SEEK_END);
    long len = ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(len > 0 ? (size_t)len : 1);
    int failed =
        !bytes || len < 0 || fread(bytes, 1, (size_t)len, file) != (size_t)len;
    fclose(file);
    if (!failed)
        LLVMFuzzerTestOneInput(bytes, (size_t)len);
    else
        perror(path);
    free(bytes);
    return failed;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (replay(argv[i]))
            return 1;
    }
    return 0;
}
