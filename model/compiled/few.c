/* The kernels once more, in narrow bundles: of few replicates a wide one would be filled up with copies, or hold a part of
   each of several rows. The bits are the same. */

#define WIDTH 8
#define KERNEL(name) name##_of_few

#include "kernels.c"
#include "tables.c"
#include "cells.c"
