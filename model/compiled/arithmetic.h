/* exp, log and what follows from them, for loops over neighbouring lanes that a compiler turns into vector code.

   No branches, no table, no library: the same bits for one number and for a thousand, on every processor, as long as
   the compiler neither fuses a product with a sum (-ffp-contract=off) nor reorders (no -ffast-math). exp and log are
   within 1 ulp, NaN stays NaN, infinities, zeros and subnormals are as in IEEE 754. */

#ifndef DETENTE_ARITHMETIC_H
#define DETENTE_ARITHMETIC_H

#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t bits_of(double x) { uint64_t u; memcpy(&u, &x, 8); return u; }
INLINE double of_bits(uint64_t u) { double x; memcpy(&x, &u, 8); return x; }

static const double LOG2_E = 1.44269504088896338700e+00;
static const double LN2_HIGH = 6.93147180369123816490e-01; /* 33 bits: n times it is exact */
static const double LN2_LOW = 1.90821492927058770002e-10;
static const double ROUNDING = 6755399441055744.0; /* 1.5 * 2^52: adding it rounds to a whole number */

/* NaN stays NaN: a comparison with it is false. */
INLINE double at_most(double x, double most) { return x > most ? most : x; }
INLINE double at_least(double x, double least) { return x < least ? least : x; }
/* The larger of two, NaN if either is. */
INLINE double larger(double a, double b) { return (a > b || a != a) ? a : b; }
INLINE double size_of(double x) { return of_bits(bits_of(x) & 0x7fffffffffffffffULL); }

/* 2^n for -1022 <= n <= 1023, n a whole number held in a double. */
INLINE double two_to(double n) { return of_bits(bits_of(n + (ROUNDING + 1023.0)) << 52); }

/* exp(r) - 1 for r = high - low, |r| <= ln(2)/2: Taylor's series to r^13, its rest is below 2^-58. */
INLINE double small_expm1(double high, double low)
{
    const double r = high - low, r2 = r * r, r4 = r2 * r2;
    const double a = 1.0 / 2 + r * (1.0 / 6), b = 1.0 / 24 + r * (1.0 / 120);
    const double c = 1.0 / 720 + r * (1.0 / 5040), d = 1.0 / 40320 + r * (1.0 / 362880);
    const double e = 1.0 / 3628800 + r * (1.0 / 39916800), f = 1.0 / 479001600 + r * (1.0 / 6227020800.0);
    const double q = (a + r2 * b) + r4 * ((c + r2 * d) + r4 * (e + r2 * f));
    return high + (r2 * q - low);
}

INLINE double exp_(double x)
{
    const double t = at_least(at_most(x, 710.0), -746.0);
    const double n = (t * LOG2_E + ROUNDING) - ROUNDING;
    const double p = 1.0 + small_expm1(t - n * LN2_HIGH, n * LN2_LOW);
    /* In two steps, for 2^n itself may be too large or too small for a number. */
    const double half = (n * 0.5 + ROUNDING) - ROUNDING;
    return p * two_to(half) * two_to(n - half);
}

/* exp(x) - 1 for x <= 0. */
INLINE double expm1_below(double x)
{
    const double t = at_least(x, -746.0);
    const double n = (t * LOG2_E + ROUNDING) - ROUNDING;
    const double p = small_expm1(t - n * LN2_HIGH, n * LN2_LOW);
    const double whole = at_least(n, -1022.0);
    return two_to(whole) * p + (two_to(whole) - 1.0);
}

/* As in fdlibm: x = 2^k (1 + f) with 1 + f from sqrt(1/2) to sqrt(2). */
INLINE double log_(double x)
{
    const double y = x < 2.2250738585072014e-308 ? x * 18014398509481984.0 : x; /* 2^54 */
    const double bias = x < 2.2250738585072014e-308 ? 1077.0 : 1023.0;
    const uint64_t moved = bits_of(y) + (0x3ff0000000000000ULL - 0x3fe6a09e00000000ULL);
    const double k = (of_bits((moved >> 52) | 0x4330000000000000ULL) - 4503599627370496.0) - bias;
    const double f = of_bits((moved & 0x000fffffffffffffULL) + 0x3fe6a09e00000000ULL) - 1.0;
    const double s = f / (2.0 + f), z = s * s, w = z * z, half = 0.5 * f * f;
    const double even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    const double odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01
        + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    const double found = s * (half + (even + odd)) + k * LN2_LOW - half + f + k * LN2_HIGH;
    const double or_self = x < __builtin_inf() ? found : x; /* of +inf and NaN themselves */
    const double or_zero = x == 0.0 ? -__builtin_inf() : or_self;
    return x < 0.0 ? __builtin_nan("") : or_zero;
}

/* log(1 + u) for 0 <= u <= 1: what rounding 1 + u lost is added again. */
INLINE double log1p_fraction(double u)
{
    const double one = 1.0 + u;
    return log_(one) + (u - (one - 1.0)) / one;
}

INLINE double softplus(double x) { return larger(x, 0.0) + log1p_fraction(exp_(-size_of(x))); }

INLINE double logistic(double x)
{
    const double small = exp_(-size_of(x));
    return (x >= 0.0 ? larger(small, 1.0) : small) / (1.0 + small);
}

#endif
