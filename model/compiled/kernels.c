/* The kernels of markets; each does what one rule in Python does, and names it. */

#include "bundles.h"

static const double NEGLIGIBLE = 1e-200, LEAST_SLACK = 1e-15, UTILITY_CAP = 600.0, LONGEST_STEP = 2.0, WARM_CEILING = 14.0;

/* --- rules/pricing.py: equilibrium_markups -------------------------------------------------------------------- */

/* What is worked on in one market and bundle: one bundle of numbers for every automaker. */
typedef struct {
    bundle *base, *utility, *weight, *lowest, *z, *ceiling, *grown, *e, *ec, *gap, *markup, *within, *share;
} room;

static void first_guess(const room *r, int n, double sigma, double nest, const bundle alpha)
{
    bundle top, total, rest;
    EACH top[w] = r->lowest[0][w];
    for (int f = 1; f < n; f++) EACH top[w] = larger(top[w], r->lowest[f][w]);
    EACH total[w] = 0.0;
    for (int f = 0; f < n; f++) EACH { r->e[f][w] = exp_(r->lowest[f][w] - top[w]); }
    for (int f = 0; f < n; f++) EACH total[w] += r->e[f][w];
    EACH rest[w] = sigma + nest * logistic(nest * (log_(total[w]) + top[w]));
    for (int f = 0; f < n; f++) EACH {
        const double weight = r->weight[f][w], net = r->utility[f][w] - alpha[w] * r->base[f][w];
        const double x = larger(net - weight + log_(weight), 1.0);
        const double excess = (x - log_(x - log_(x))) / weight;
        r->ceiling[f][w] = log_((1.0 + excess) / nest - 1.0);
        const double rho = r->e[f][w] / total[w] * rest[w];
        const double guess = log_(larger(rho, NEGLIGIBLE) / larger(1.0 - rho, LEAST_SLACK));
        r->z[f][w] = guess > r->ceiling[f][w] || r->ceiling[f][w] != r->ceiling[f][w] ? r->ceiling[f][w] : guess;
    }
}

static void warm_guess(const room *r, int n, double nest, const bundle alpha)
{
    for (int f = 0; f < n; f++) EACH {
        r->z[f][w] = log_(larger(r->markup[f][w] * (alpha[w] / nest) - 1.0, NEGLIGIBLE));
        r->ceiling[f][w] = WARM_CEILING;
    }
}

static void newton_step(const room *r, int n, double sigma, double nest)
{
    bundle total, sum_c, sum_gap, log_k, pull_back, step;
    /* In short passes: what waits for nothing of its neighbours is worked on together. */
    for (int f = 0; f < n; f++) EACH r->grown[f][w] = exp_(r->z[f][w]);
    for (int f = 0; f < n; f++) EACH {
        const double x = at_most(r->lowest[f][w] - r->grown[f][w] * r->weight[f][w], UTILITY_CAP);
        r->gap[f][w] = r->z[f][w] - x;
        r->e[f][w] = exp_(x);
    }
    for (int f = 0; f < n; f++) EACH r->gap[f][w] -= log_(1.0 + r->grown[f][w]);
    for (int f = 0; f < n; f++) EACH {
        const double y = 1.0 + r->grown[f][w], inverse = 1.0 / (r->grown[f][w] * r->weight[f][w] * y + 1.0);
        r->ec[f][w] = r->e[f][w] * (1.0 - inverse);
        r->share[f][w] = y * inverse;
    }
    EACH total[w] = sum_c[w] = sum_gap[w] = 0.0;
    for (int f = 0; f < n; f++) EACH {
        total[w] += r->e[f][w];
        sum_c[w] += r->ec[f][w];
        sum_gap[w] += r->ec[f][w] * r->gap[f][w];
    }
    EACH {
        total[w] += NEGLIGIBLE;
        const double log_total = log_(total[w]), ev_part = nest * logistic(nest * log_total), numerator = sigma + ev_part;
        log_k[w] = log_(numerator) - log_total;
        pull_back[w] = ev_part + sigma / numerator;
        const double full = (sum_gap[w] - log_k[w] * sum_c[w]) / (total[w] - pull_back[w] * sum_c[w]);
        step[w] = at_least(at_most(full, LONGEST_STEP), -LONGEST_STEP);
    }
    for (int f = 0; f < n; f++) EACH {
        const double z = r->z[f][w] + (log_k[w] - pull_back[w] * step[w] - r->gap[f][w]) * r->share[f][w];
        r->z[f][w] = z > r->ceiling[f][w] || r->ceiling[f][w] != r->ceiling[f][w] ? r->ceiling[f][w] : z;
    }
}

/* Shares at the markups, outside and inclusive of demand.nested_shares, and the error of pricing.markup_error. */
static void look(const room *r, int n, double sigma, double nest, const bundle alpha, bundle outside, bundle inclusive,
                 bundle error)
{
    bundle top, total, ev;
    for (int f = 0; f < n; f++) EACH {
        const double price = r->base[f][w] + r->markup[f][w] * r->weight[f][w];
        r->gap[f][w] = (r->utility[f][w] - alpha[w] * price) / nest;
    }
    EACH { top[w] = r->gap[0][w]; total[w] = 0.0; error[w] = 0.0; }
    for (int f = 1; f < n; f++) EACH top[w] = larger(top[w], r->gap[f][w]);
    for (int f = 0; f < n; f++) EACH r->e[f][w] = exp_(r->gap[f][w] - top[w]);
    for (int f = 0; f < n; f++) EACH total[w] += r->e[f][w];
    EACH {
        inclusive[w] = softplus(nest * (top[w] + log_(total[w])));
        outside[w] = exp_(-inclusive[w]);
        ev[w] = -expm1_below(-inclusive[w]);
    }
    for (int f = 0; f < n; f++) EACH {
        const double within = r->e[f][w] / total[w], share = within * ev[w];
        const double slack = larger(1.0 - sigma * within - nest * share, LEAST_SLACK);
        r->within[f][w] = within;
        r->share[f][w] = share;
        error[w] = larger(error[w], size_of(r->markup[f][w] - nest / (alpha[w] * slack)));
    }
}

/* How prices are looked for: sweeps, and where an error is above late up to late_rounds times late_sweeps more. */
typedef struct { double sigma, late; int64_t sweeps, late_sweeps, late_rounds; } search;

/* The equilibrium of a bundle: base, utility and weight of the room are given, and markup where it is warm. Leaves
   markup (of one who sells at weight 1), within and share. */
static void settle(const room *r, int n, const search *how, int warm, const bundle alpha, bundle outside,
                   bundle inclusive, bundle error)
{
    const double sigma = how->sigma, nest = 1.0 - sigma;
    for (int f = 0; f < n; f++)
        EACH r->lowest[f][w] = (r->utility[f][w] - alpha[w] * r->base[f][w]) / nest - r->weight[f][w];
    if (warm) warm_guess(r, n, nest, alpha);
    else first_guess(r, n, sigma, nest, alpha);
    for (int64_t k = 0; k < how->sweeps; k++) newton_step(r, n, sigma, nest);
    for (int f = 0; f < n; f++) EACH r->markup[f][w] = (1.0 + exp_(r->z[f][w])) * (nest / alpha[w]);
    look(r, n, sigma, nest, alpha, outside, inclusive, error);
    for (int64_t round = 0; round < how->late_rounds; round++) {
        int any = 0, is_late[WIDTH];
        EACH { is_late[w] = error[w] > how->late; any |= is_late[w]; }
        if (!any) break;
        warm_guess(r, n, nest, alpha);
        for (int64_t k = 0; k < how->late_sweeps; k++) newton_step(r, n, sigma, nest);
        /* A market that has settled keeps its prices. */
        for (int f = 0; f < n; f++) EACH {
            const double again = (1.0 + exp_(r->z[f][w])) * (nest / alpha[w]);
            r->markup[f][w] = is_late[w] ? again : r->markup[f][w];
        }
        look(r, n, sigma, nest, alpha, outside, inclusive, error);
    }
}

/* Room for n automakers and more bundles of each; its start is to be freed. Null where there is no memory. */
enum { ROOM = 13 };
static bundle *room_for(room *r, int n, int more)
{
    bundle *memory = malloc(sizeof(bundle) * (size_t)(ROOM + more) * (size_t)n);
    bundle *p[ROOM];
    if (!memory) return 0;
    for (int k = 0; k < ROOM; k++) p[k] = memory + (size_t)k * (size_t)n;
    *r = (room){ p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9], p[10], p[11], p[12] };
    return memory;
}

/* market/clearing.py: equilibrium. start.at is null for a cold start, weight.at where buyers pay what is charged.
   Returns 0, or 1 where there is no memory to work in. */
int KERNEL(equilibrium)(int64_t n_lanes, int64_t n_markets, int64_t n_firms, double sigma, int64_t sweeps, double late,
                int64_t late_sweeps, int64_t late_rounds, const array *in)
{
    const array *base = in, *utility = in + 1, *alphas = in + 2, *start = in + 3, *weight = in + 4, *out = in + 5;
    enum { PRICE, MARKUP, WITHIN, SHARE, OUTSIDE, INCLUSIVE, RESIDUAL };
    const int n = (int)n_firms;
    const search how = { sigma, late, sweeps, late_sweeps, late_rounds };
    room r;
    bundle *memory = room_for(&r, n, 0);
    if (!memory) return 1;
    for (int64_t place = 0; place < n_bundles(n_lanes, n_markets); place++) {
        const bundled b = bundle_at(place, n_lanes, n_markets);
        bundle alpha, outside, inclusive, error;
        fetch(alpha, alphas, &b, 0);
        for (int f = 0; f < n; f++) {
            fetch(r.base[f], base, &b, f);
            fetch(r.utility[f], utility, &b, f);
            if (weight->at) fetch(r.weight[f], weight, &b, f);
            else EACH r.weight[f][w] = 1.0;
            if (!start->at) continue;
            fetch(r.markup[f], start, &b, f);
            if (weight->at) EACH r.markup[f][w] /= r.weight[f][w];
        }
        settle(&r, n, &how, start->at != 0, alpha, outside, inclusive, error);
        for (int f = 0; f < n; f++) {
            EACH r.markup[f][w] *= r.weight[f][w];
            EACH r.gap[f][w] = r.base[f][w] + r.markup[f][w];
            put(out + PRICE, r.gap[f], &b, f);
            put(out + MARKUP, r.markup[f], &b, f);
            put(out + WITHIN, r.within[f], &b, f);
            put(out + SHARE, r.share[f], &b, f);
        }
        put(out + OUTSIDE, outside, &b, 0);
        put(out + INCLUSIVE, inclusive, &b, 0);
        put(out + RESIDUAL, error, &b, 0);
    }
    free(memory);
    return 0;
}

/* --- assessment/sales.py: sales_at ---------------------------------------------------------------------------- */

/* A bundle whose markets are the rows that its nodes read in another table. */
static bundled rows_of(const bundled *b, const int64_t *row)
{
    bundled there = *b;
    EACH there.market[w] = row[b->market[w]];
    return there;
}

/* Nodes that come one after the other read the same rows: what the last one read stays where it was put. */
typedef struct { int64_t lane, market; } held;

static void hold(bundle *to, const array *from, int n_arrays, int n, const bundled *b, held *before)
{
    if (b->together && before->lane == b->lane[0] && before->market == b->market[0]) return;
    for (int k = 0; k < n_arrays; k++)
        for (int f = 0; f < n; f++) fetch(to[k * n + f], from + k, b, f);
    *before = b->together ? (held){ b->lane[0], b->market[0] } : (held){ -1, -1 };
}

static void add_product(bundle sum, const bundle a, const bundle b) { EACH sum[w] += a[w] * b[w]; }

/* An importer's market at every node: the partner's cars (by pair) beside all others (by slot), the prices, and what
   follows, added up over the automakers. n_from: the partner and the third blocs. index: (4, q) pair, slot, importer and
   partner of a node; of_node: (4, q) alpha, size, friction, utility of an announcement. start.at is null for a cold start,
   eta is the part of a duty that is passed on. Returns 0, or 1 where there is no memory to work in. */
int KERNEL(sales)(int64_t n_lanes, int64_t n_nodes, int64_t n_firms, int64_t n_from, double sigma, double theta, double eta,
          int64_t sweeps, double late, int64_t late_sweeps, int64_t late_rounds, const int64_t *index,
          const double *of_node, const array *in)
{
    enum { UTILITY, LEVEL, SUBSIDY, PARTNER_LANDED, PARTNER_TIE, PARTNER_CELLS, VALUE = PARTNER_CELLS + 2, LANDED, PAID,
           HOME, CELL_DUTY, CELL_PROFIT, IS_HOME = CELL_PROFIT + 2, DUTY, START, FROM };
    enum { MARKUP, FIRM_PROFIT, RESIDUAL, INCLUSIVE, OUTSIDE, TOTAL, PARTNER, BUILT, REVENUE, SUPPORT, CELLS,
           MAKERS = CELLS + 2, OF_FROM = MAKERS + 2 };
    const int n = (int)n_firms, n_sums = (int)(2 * n_from - 1);
    const array *out = in + FROM + n_sums;
    const search how = { sigma, late, sweeps, late_sweeps, late_rounds };
    room r;
    bundle *memory = room_for(&r, n, 3 + IS_HOME + 2 + n_sums), *of_from = malloc(sizeof(bundle) * (size_t)n_sums);
    if (!memory || !of_from) { free(memory); free(of_from); return 1; }
    bundle *part = memory + ROOM * n, *landed = part + n, *rate = landed + n, *row = rate + n;
    bundle *is_home = row + IS_HOME * n, *is_partner = is_home + n, *from = is_partner + n;
    const held nothing = { -1, -1 };
    held by_market = nothing, by_pair = nothing, by_slot = nothing, at_home = nothing, at_partner = nothing, from_slot = nothing;
    for (int64_t place = 0; place < n_bundles(n_lanes, n_nodes); place++) {
        const bundled b = bundle_at(place, n_lanes, n_nodes);
        const bundled pair = rows_of(&b, index), slot = rows_of(&b, index + n_nodes);
        const bundled market = rows_of(&b, index + 2 * n_nodes), other = rows_of(&b, index + 3 * n_nodes);
        bundle alpha, size, friction, shift, duty, outside, inclusive, error;
        EACH {
            const double *at = of_node + b.market[w];
            alpha[w] = at[0]; size[w] = at[n_nodes]; friction[w] = at[2 * n_nodes]; shift[w] = at[3 * n_nodes];
        }
        fetch(duty, in + DUTY, &b, 0);
        hold(row, in, PARTNER_LANDED, n, &market, &by_market);
        hold(row + PARTNER_LANDED * n, in + PARTNER_LANDED, VALUE - PARTNER_LANDED, n, &pair, &by_pair);
        hold(row + VALUE * n, in + VALUE, IS_HOME - VALUE, n, &slot, &by_slot);
        hold(is_home, in + IS_HOME, 1, n, &market, &at_home);
        hold(is_partner, in + IS_HOME, 1, n, &other, &at_partner);
        hold(from, in + FROM, n_sums, n, &slot, &from_slot);
        for (int f = 0; f < n; f++) {
            const double *cost = row[PARTNER_LANDED * n + f], *tie = row[PARTNER_TIE * n + f], *value = row[VALUE * n + f];
            const double *of_rest = row[LANDED * n + f], *paid = row[PAID * n + f], *level = row[LEVEL * n + f];
            const double *utility = row[UTILITY * n + f];
            EACH {
                const double theirs = tie[w] - theta * ((1.0 + duty[w]) * cost[w] + friction[w]);
                const double gap = theirs - value[w], loser = exp_(-size_of(gap)), both = 1.0 + loser;
                const double share = (gap >= 0.0 ? 1.0 : loser) / both;
                const double by_partner = share * cost[w], by_rest = 1.0 - share;
                part[f][w] = share;
                landed[f][w] = by_partner + by_rest * of_rest[w];
                rate[f][w] = (by_partner * duty[w] + by_rest * paid[w]) / landed[f][w];
                r.base[f][w] = level[w] - (larger(theirs, value[w]) + log_(both)) / theta;
                r.utility[f][w] = utility[w] + shift[w];
                r.weight[f][w] = eta == 0.0 ? 1.0 : 1.0 + eta * rate[f][w];
            }
            if (!in[START].at) continue;
            fetch(r.markup[f], in + START, &b, f);
            EACH r.markup[f][w] /= r.weight[f][w];
        }
        settle(&r, n, &how, in[START].at != 0, alpha, outside, inclusive, error);

        bundle total, partner, built, duties, cell_duties, support, cells[2], makers[2];
        EACH total[w] = partner[w] = built[w] = duties[w] = cell_duties[w] = support[w] = 0.0;
        for (int k = 0; k < 2; k++) EACH cells[k][w] = makers[k][w] = 0.0;
        for (int k = 0; k < n_sums; k++) EACH of_from[k][w] = 0.0;
        for (int f = 0; f < n; f++) {
            bundle by_partner, by_rest, sold, profit;
            EACH {
                const double markup = r.markup[f][w] * r.weight[f][w], margin = markup / (1.0 + rate[f][w]);
                r.markup[f][w] = markup;
                sold[w] = size[w] * r.share[f][w];
                by_partner[w] = sold[w] * part[f][w];
                by_rest[w] = sold[w] - by_partner[w];
                profit[w] = sold[w] * margin;
                total[w] += sold[w];
                partner[w] += by_partner[w];
                duties[w] += sold[w] * (rate[f][w] * (landed[f][w] + margin));
            }
            put(out + MARKUP, r.markup[f], &b, f);
            put(out + FIRM_PROFIT, profit, &b, f);
            add_product(built, by_rest, row[HOME * n + f]);
            add_product(cell_duties, by_rest, row[CELL_DUTY * n + f]);
            add_product(support, sold, row[SUBSIDY * n + f]);
            for (int k = 0; k < 2; k++) {
                const double *x = row[(CELL_PROFIT + k) * n + f], *y = row[(PARTNER_CELLS + k) * n + f];
                EACH cells[k][w] += by_rest[w] * x[w] + by_partner[w] * y[w];
                add_product(makers[k], profit, k ? is_partner[f] : is_home[f]);
            }
            for (int k = 0; k < n_sums; k++) add_product(of_from[k], by_rest, from[k * n + f]);
        }
        EACH duties[w] += cell_duties[w];
        put(out + RESIDUAL, error, &b, 0);
        put(out + INCLUSIVE, inclusive, &b, 0);
        put(out + OUTSIDE, outside, &b, 0);
        put(out + TOTAL, total, &b, 0);
        put(out + PARTNER, partner, &b, 0);
        put(out + BUILT, built, &b, 0);
        put(out + REVENUE, duties, &b, 0);
        put(out + SUPPORT, support, &b, 0);
        for (int k = 0; k < 2; k++) {
            put(out + CELLS + k, cells[k], &b, 0);
            put(out + MAKERS + k, makers[k], &b, 0);
        }
        for (int k = 0; k < n_sums; k++) put(out + OF_FROM + k, of_from[k], &b, 0);
    }
    free(of_from);
    free(memory);
    return 0;
}
