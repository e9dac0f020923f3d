/* The kernels of battery cells: from whom they come, and where they go. */

#include "bundles.h"

/* An array with three axes behind its replicates. */
typedef struct { double *at; int64_t lane, a, b, c; } solid;

/* An entry in the replicates of a bundle: where it lies, or a copy in spare. */
static inline const double *entry(bundle spare, const solid *of, const bundled *b, int64_t i, int64_t j, int64_t k)
{
    const array there = { of->at + i * of->a + j * of->b + k * of->c, of->lane, 0, 0 };
    if (b->together && of->lane == 1) return there.at + b->lane[0];
    fetch(spare, &there, b, 0);
    return spare;
}

static inline void keep(const solid *to, const bundle from, const bundled *b, int64_t i, int64_t j, int64_t k)
{
    const array there = { to->at + i * to->a + j * to->b + k * to->c, to->lane, 0, 0 };
    put(&there, from, b, 0);
}

/* The best mix of suppliers at delivered prices (numerics.py: cheapest_mix_and_cost): in weight the share of each; what it
   costs, normalised, and what is paid for it on average. */
static void mix(int n, const bundle *price, const bundle *tie, double theta, const bundle level, bundle *weight, bundle cost,
                bundle paid)
{
    bundle top, total;
    for (int k = 0; k < n; k++) EACH weight[k][w] = tie[k][w] - theta * price[k][w];
    EACH { top[w] = weight[0][w]; total[w] = paid[w] = 0.0; }
    for (int k = 1; k < n; k++) EACH top[w] = larger(top[w], weight[k][w]);
    for (int k = 0; k < n; k++) EACH weight[k][w] = exp_(weight[k][w] - top[w]);
    for (int k = 0; k < n; k++) EACH total[w] += weight[k][w];
    EACH cost[w] = level[w] - (top[w] + log_(total[w])) / theta;
    for (int k = 0; k < n; k++) EACH {
        weight[k][w] /= total[w];
        paid[w] += weight[k][w] * price[k][w];
    }
}

/* market/clearing.py: supply_cells. price (f, k), rate and freight (o, k), tie (o, f, k), level (o, f); found: unit cost
   and what is paid (o, f), shares (o, f, k), each of cars sold at home and of cars for export, which bear no duty.
   Returns 0, or 1 where there is no memory to work in. */
int KERNEL(source)(int64_t n_lanes, int64_t n_places, int64_t n_firms, int64_t n_suppliers, double theta, const solid *in)
{
    enum { PRICE, RATE, FREIGHT, TIE, LEVEL, N_GIVEN };
    enum { UNIT_HOME, UNIT_EXPORT, SHARE_HOME, SHARE_EXPORT, PAID_HOME, PAID_EXPORT };
    const solid *out = in + N_GIVEN;
    const int n = (int)n_suppliers;
    bundle *memory = malloc(sizeof(bundle) * 5 * (size_t)n_suppliers);
    if (!memory) return 1;
    bundle *at_home = memory, *abroad = at_home + n, *tie = abroad + n, *home = tie + n, *export = home + n;
    for (int64_t block = 0; block < n_bundles(n_lanes, 1); block++) {
        const bundled b = bundle_at(block, n_lanes, 1);
        for (int64_t o = 0; o < n_places; o++) for (int64_t f = 0; f < n_firms; f++) {
            bundle s[4], cost, paid, level;
            for (int k = 0; k < n; k++) {
                const double *price = entry(s[0], in + PRICE, &b, f, k, 0), *rate = entry(s[1], in + RATE, &b, o, k, 0);
                const double *freight = entry(s[2], in + FREIGHT, &b, o, k, 0), *t = entry(s[3], in + TIE, &b, o, f, k);
                EACH {
                    at_home[k][w] = price[w] * (1.0 + rate[w]) + freight[w];
                    abroad[k][w] = price[w] + freight[w];
                    tie[k][w] = t[w];
                }
            }
            const double *l = entry(s[0], in + LEVEL, &b, o, f, 0);
            EACH level[w] = l[w];
            mix(n, at_home, tie, theta, level, home, cost, paid);
            keep(out + UNIT_HOME, cost, &b, o, f, 0);
            keep(out + PAID_HOME, paid, &b, o, f, 0);
            mix(n, abroad, tie, theta, level, export, cost, paid);
            keep(out + UNIT_EXPORT, cost, &b, o, f, 0);
            keep(out + PAID_EXPORT, paid, &b, o, f, 0);
            for (int k = 0; k < n; k++) {
                keep(out + SHARE_HOME, home[k], &b, o, f, k);
                keep(out + SHARE_EXPORT, export[k], &b, o, f, k);
            }
        }
    }
    free(memory);
    return 0;
}

/* market/clearing.py: cells_used. energy (m, f, o) GWh, is_home (m, o), shares (o, f, k), rate (o, k), price (f, k); found:
   what goes to each automaker (f, k), into cars built at each place (o, k), of that into cars for export, and the duty paid
   at each place (o). Returns 0, or 1 where there is no memory to work in. */
int KERNEL(cells_used)(int64_t n_lanes, int64_t n_markets, int64_t n_places, int64_t n_firms, int64_t n_suppliers, const solid *in)
{
    enum { ENERGY, IS_HOME, SHARE_HOME, SHARE_EXPORT, RATE, PRICE, N_GIVEN };
    enum { DELIVERED, AT_PLACE, EXPORTED, DUTY };
    const solid *out = in + N_GIVEN;
    const int n = (int)n_suppliers, all = (int)(n_firms * n_suppliers);
    bundle *memory = malloc(sizeof(bundle) * (size_t)(all + 2 * n));
    if (!memory) return 1;
    bundle *delivered = memory, *at_place = delivered + all, *exported = at_place + n;
    for (int64_t block = 0; block < n_bundles(n_lanes, 1); block++) {
        const bundled b = bundle_at(block, n_lanes, 1);
        for (int j = 0; j < all; j++) EACH delivered[j][w] = 0.0;
        for (int64_t o = 0; o < n_places; o++) {
            bundle duty, s[4];
            EACH duty[w] = 0.0;
            for (int k = 0; k < n; k++) EACH at_place[k][w] = exported[k][w] = 0.0;
            for (int64_t f = 0; f < n_firms; f++) {
                bundle home, rest, of_firm;
                EACH home[w] = rest[w] = of_firm[w] = 0.0;
                for (int64_t m = 0; m < n_markets; m++) {
                    const double *e = entry(s[0], in + ENERGY, &b, m, f, o), *is = entry(s[1], in + IS_HOME, &b, m, o, 0);
                    EACH { home[w] += e[w] * is[w]; rest[w] += e[w]; }
                }
                EACH rest[w] -= home[w];
                for (int k = 0; k < n; k++) {
                    const double *h = entry(s[0], in + SHARE_HOME, &b, o, f, k);
                    const double *x = entry(s[1], in + SHARE_EXPORT, &b, o, f, k);
                    const double *rate = entry(s[2], in + RATE, &b, o, k, 0), *price = entry(s[3], in + PRICE, &b, f, k, 0);
                    bundle *to = delivered + f * n + k;
                    EACH {
                        const double at_home = home[w] * h[w], whole = at_home + rest[w] * x[w];
                        (*to)[w] += whole;
                        at_place[k][w] += whole;
                        exported[k][w] += whole - at_home;
                        of_firm[w] += at_home * rate[w] * price[w];
                    }
                }
                EACH duty[w] += of_firm[w];
            }
            keep(out + DUTY, duty, &b, o, 0, 0);
            for (int k = 0; k < n; k++) {
                keep(out + AT_PLACE, at_place[k], &b, o, k, 0);
                keep(out + EXPORTED, exported[k], &b, o, k, 0);
            }
        }
        for (int64_t f = 0; f < n_firms; f++)
            for (int k = 0; k < n; k++) keep(out + DELIVERED, delivered[f * n + k], &b, f, k, 0);
    }
    free(memory);
    return 0;
}
