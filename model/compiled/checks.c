/* What the tests of the functions ask, and whoever loads what a compiler has made of them. */

#include "arithmetic.h"

/* The functions alone, for the tests: which = 0 exp, 1 log, 2 expm1 of what is not positive, 3 softplus, 4 logistic. */
void function(int64_t which, int64_t n, const double *x, double *y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = which == 0 ? exp_(x[i]) : which == 1 ? log_(x[i]) : which == 2 ? expm1_below(x[i])
            : which == 3 ? softplus(x[i]) : logistic(x[i]);
}

/* 1 where the compiler kept its word and rounded the product before it added. */
int is_exact(void)
{
    volatile double a = 1.0 + 0x1p-30, b = 1.0 - 0x1p-30, c = -1.0;
    const double x = a, y = b, z = c;
    return x * y + z == 0.0;
}
