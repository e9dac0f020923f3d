/* Where arrays lie, read from what NumPy has written down of them (compiled/placing.py sees to it that it is there). */

#include <stdint.h>

typedef struct { int64_t count; void *type; char *data; int n_axes; int64_t *lengths, *steps; } header;

/* table (n, 1 + axes): where each array lies, and its steps in items, 0 along an axis of length one and along those that it
   has not; all 0 for an array that is not there. Returns 0, or 1 where one has more axes. */
int place(int64_t n, int64_t axes, int64_t itemsize, const header *const *arrays, int64_t *table)
{
    for (int64_t k = 0; k < n; k++, table += 1 + axes) {
        const header *one = arrays[k];
        for (int64_t j = 0; j <= axes; j++) table[j] = 0;
        if (!one) continue;
        if (one->n_axes > axes) return 1;
        table[0] = (int64_t)one->data;
        for (int64_t j = 0; j < one->n_axes; j++) table[1 + j] = one->lengths[j] > 1 ? one->steps[j] / itemsize : 0;
    }
    return 0;
}
