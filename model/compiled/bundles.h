/* Bundles: how kernels get at arrays.

   Arrays come with steps (in numbers, not bytes) along replicate, market and automaker, 0 where all share an entry.
   Work goes in bundles of WIDTH markets of replicates; each is worked on by itself, so that its bits do not depend on
   the company. */

#ifndef DETENTE_BUNDLES_H
#define DETENTE_BUNDLES_H

#include <stdlib.h>

#include "arithmetic.h"

#ifndef WIDTH
#define WIDTH 64
#define KERNEL(name) name
#endif
/* No two arrays of a bundle overlap but in one and the same number. */
#if defined(__clang__)
#define APART _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define APART _Pragma("GCC ivdep")
#else
#define APART
#endif
#define EACH APART for (int w = 0; w < WIDTH; w++)

typedef struct { double *at; int64_t lane, market, firm; } array;
typedef double bundle[WIDTH];

/* Which replicates and markets a bundle holds. Many replicates: neighbours in one market, the markets of a row of
   replicates one after the other, so that what they share stays near; the last row begins before the one before it ends,
   and the same is found twice. Few: counted together, replicates first, and the last bundle is filled up with copies.
   together: 1 where it is a row of neighbouring replicates of one market. A run is such a row within a bundle; its first
   place is first[run]. */
typedef struct { int64_t n, lane[WIDTH], market[WIDTH], n_runs, first[WIDTH + 1]; int together; } bundled;
static int is_many(int64_t n_lanes, int64_t n_markets) { return n_lanes >= (n_markets == 1 ? WIDTH : 4 * WIDTH); }

static int64_t n_bundles(int64_t n_lanes, int64_t n_markets)
{
    return !is_many(n_lanes, n_markets) ? (n_lanes * n_markets + WIDTH - 1) / WIDTH : (n_lanes + WIDTH - 1) / WIDTH * n_markets;
}

static bundled bundle_at(int64_t place, int64_t n_lanes, int64_t n_markets)
{
    bundled b = { .n = WIDTH };
    int64_t lane, market;
    if (!is_many(n_lanes, n_markets)) {
        const int64_t first = place * WIDTH, left = n_lanes * n_markets - first;
        b.n = left < WIDTH ? left : WIDTH;
        lane = first % n_lanes;
        market = first / n_lanes;
    } else {
        const int64_t first = place / n_markets * WIDTH;
        lane = first + WIDTH > n_lanes ? n_lanes - WIDTH : first;
        market = place % n_markets;
    }
    b.together = lane + WIDTH <= n_lanes && b.n == WIDTH;
    for (int64_t w = 0; w < WIDTH; w++) {
        b.lane[w] = lane;
        b.market[w] = market;
        if (w < b.n - 1 && ++lane == n_lanes) { lane = 0; market++; b.first[++b.n_runs] = w + 1; }
    }
    b.first[++b.n_runs] = b.n;
    return b;
}

static inline void fetch(bundle to, const array *from, const bundled *b, int64_t firm)
{
    const double *at = from->at + firm * from->firm;
    if (b->together && from->lane == 1) memcpy(to, at + b->market[0] * from->market + b->lane[0], sizeof(bundle));
    else if (b->together && from->lane == 0) { const double one = at[b->market[0] * from->market]; EACH to[w] = one; }
    else if (b->n_runs == b->n) EACH to[w] = at[b->market[w] * from->market + b->lane[w] * from->lane];
    else {
        for (int64_t run = 0; run < b->n_runs; run++) {
            const int64_t first = b->first[run], n = b->first[run + 1] - first;
            const double *there = at + b->market[first] * from->market + b->lane[first] * from->lane;
            for (int64_t k = 0; k < n; k++) to[first + k] = there[k * from->lane];
        }
        for (int64_t w = b->n; w < WIDTH; w++) to[w] = to[b->n - 1];
    }
}

static inline void put(const array *to, const bundle from, const bundled *b, int64_t firm)
{
    double *at = to->at + firm * to->firm;
    if (b->together && to->lane == 1) memcpy(at + b->market[0] * to->market + b->lane[0], from, sizeof(bundle));
    else for (int64_t run = 0; run < b->n_runs; run++) {
        const int64_t first = b->first[run], n = b->first[run + 1] - first;
        double *there = at + b->market[first] * to->market + b->lane[first] * to->lane;
        for (int64_t k = 0; k < n; k++) there[k * to->lane] = from[first + k];
    }
}

#endif
