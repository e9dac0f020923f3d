/* The kernels of packages: tables of flows, and the packages of a menu of which each is two of their entries.

   There is neither exp nor log in them, and they add in the order of the rules: they have the bits of NumPy's. */

#include "bundles.h"

/* --- packages/resolve.py: resolve -------------------------------------------------------------------------------- */

static const double LEAST_COST = 1e-12;
/* What a table of flows begins with (packages/sums.py). */
enum { KEPT, ALONE, DESERTED, BOTH, HOME, PUNISHED, N_CASES };

/* The smaller of two, NaN if either is. */
static inline double smaller(double a, double b) { return (a < b || a != a) ? a : b; }

/* What honouring every row of a table of flows is worth, and the terms of the test of its parts, where there are
   families of concessions to be withdrawn alone; where alone.at is there, also what that comes to for the one package whose
   two rows the table has. */
int KERNEL(resolve)(int64_t n_lanes, int64_t n_rows, int64_t n_families, int64_t by_type, const array *in)
{
    enum { TABLE, TRUST, ANSWERED, WAITING, N_GIVEN, ONE };
    enum { WHOLE, ANSWER, STAKE, DEAREST, HIGHEST };
    const array *table = in + TABLE, *out = in + N_GIVEN;
    for (int64_t place = 0; place < n_bundles(n_lanes, n_rows); place++) {
        const bundled b = bundle_at(place, n_lanes, n_rows);
        bundle trust, answered, waiting, kept, alone, deserted, both, punish, whole, answer, stake, dearest, highest;
        fetch(trust, in + TRUST, &b, 0);
        fetch(answered, in + ANSWERED, &b, 0);
        fetch(waiting, in + WAITING, &b, 0);
        fetch(kept, table, &b, KEPT);
        fetch(alone, table, &b, ALONE);
        fetch(deserted, table, &b, DESERTED);
        fetch(both, table, &b, BOTH);
        fetch(punish, table, &b, PUNISHED);
        EACH {
            const double doubt = 1.0 - trust[w], by_kept = answered[w] * trust[w], from_lapsing = answered[w] * doubt;
            const double taken = by_type ? by_kept * (kept[w] - punish[w])
                : by_kept * (kept[w] - punish[w]) + from_lapsing * (deserted[w] - punish[w]);
            whole[w] = taken - waiting[w] * trust[w] * (alone[w] - kept[w]) - waiting[w] * doubt * (both[w] - deserted[w]);
            answer[w] = by_kept * (alone[w] - punish[w]) + (by_type ? 0.0 * doubt : from_lapsing) * (both[w] - punish[w]);
        }
        put(out, whole, &b, WHOLE);
        if (!n_families) continue;
        for (int64_t k = 0; k < n_families; k++) {
            bundle honoured, lapsed, lost;
            fetch(honoured, table, &b, N_CASES + k);
            fetch(lapsed, table, &b, N_CASES + n_families + k);
            fetch(lost, table, &b, N_CASES + 2 * n_families + k);
            EACH {
                const double spared = answered[w] + waiting[w], doubt = 1.0 - trust[w];
                const double cost = spared * trust[w] * honoured[w] + (by_type ? waiting[w] : spared) * doubt * lapsed[w];
                const double repaid = answered[w] * trust[w] * lost[w] >= cost ? 1.0 : 0.0;
                const double costs = cost > LEAST_COST ? 1.0 : 0.0;
                const double dear = cost / lost[w] * (costs * (1.0 - repaid)), high = larger(cost, 0.0) * repaid;
                stake[w] = k ? stake[w] + costs * lost[w] : costs * lost[w];
                dearest[w] = k ? larger(dearest[w], dear) : dear;
                highest[w] = k ? larger(highest[w], high) : high;
            }
        }
        put(out, answer, &b, ANSWER);
        put(out, stake, &b, STAKE);
        put(out, dearest, &b, DEAREST);
        put(out, highest, &b, HIGHEST);
    }
    for (int64_t lane = 0; in[ONE].at && lane < n_lanes; lane++) {
        const double *x = out->at + lane * out->lane, *y = x + out->market;
        const int64_t step = out->firm;
        double found = x[WHOLE] + y[WHOLE];
        if (n_families) {
            const double answer = larger(x[ANSWER * step] + y[ANSWER * step], 0.0);
            const double dearest = larger(x[DEAREST * step], y[DEAREST * step]);
            const double needed = dearest * (x[STAKE * step] + y[STAKE * step]);
            found = smaller(found, answer - larger(needed, larger(x[HIGHEST * step], y[HIGHEST * step])));
        }
        in[ONE].at[lane] = found;
    }
    return 0;
}

/* --- packages of a menu ------------------------------------------------------------------------------------------ */

typedef struct { uint8_t *at; int64_t lane, package, kind; } marks;
typedef uint8_t marked[WIDTH];
static const double OUT_OF_REACH = 1e300;

/* A row of a table in the replicates of a bundle: where it lies, or a copy in spare. */
static inline const double *row_of(bundle spare, const array *table, const bundled *b, int64_t row)
{
    const array there = { table->at + row * table->market, table->lane, 0, 0 };
    if (b->together && table->lane == 1) return there.at + b->lane[0];
    fetch(spare, &there, b, 0);
    return spare;
}

/* An entry of a list of whole numbers. */
static inline int64_t index_of(const array *list, int64_t k) { return ((const int64_t *)(const void *)list->at)[k * list->lane]; }

static inline void mark(const marks *to, const marked from, const bundled *b, int64_t package, int64_t kind)
{
    uint8_t *at = to->at + package * to->package + kind * to->kind;
    if (b->together && to->lane == 1) memcpy(at + b->lane[0], from, sizeof(marked));
    else for (int64_t w = 0; w < b->n; w++) at[b->lane[w] * to->lane] = from[w];
}

/* Entry by lane: of a table (n, Z), the entry that each lane's index names. */
static inline void pick(bundle to, const array *table, const array *index, const bundled *b)
{
    for (int64_t w = 0; w < WIDTH; w++) {
        const int64_t lane = b->lane[w];
        to[w] = table->at[lane * table->lane + index_of(index, lane) * table->market];
    }
}

/* packages/view.py: beliefs. What a side believes that it and its partner gain by every package over what is in force
   (at_x, at_y by replicate), each through errors on issues; along: an issue and a level for every position of an axis, axis
   by axis, that of the standards three times; off: what cannot be tabled, added to its own gain, and off_at its rows by replicate. */
int KERNEL(believe)(int64_t n_lanes, int64_t n_along, const int64_t *sizes, const array *in)
{
    enum { TABLE, ERROR = 2, NOISE = 4, STAKES, ISSUES, LEVELS, AT_X, AT_Y, OFF_AT_X, OFF_AT_Y, OFF_X, OFF_Y, OUT };
    enum { DUTY_0, DUTY_1, SUPPLY_0, SUPPLY_1, STANDARDS, LINKAGE_0, LINKAGE_1, TECHNOLOGY };
    const int64_t n_x = sizes[DUTY_0] * sizes[DUTY_1] * sizes[STANDARDS], n_s = sizes[STANDARDS];
    const int64_t rest[] = { sizes[SUPPLY_0], sizes[SUPPLY_1], sizes[LINKAGE_0], sizes[LINKAGE_1], sizes[TECHNOLOGY] };
    const int64_t n_y = rest[0] * rest[1] * rest[2] * rest[3] * rest[4];
    bundle *along = malloc((size_t)n_along * sizeof(bundle));
    if (!along) return 1;
    for (int64_t place = 0; place < n_bundles(n_lanes, 1) * 2; place++) {
        const bundled b = bundle_at(place / 2, n_lanes, 1);
        const int64_t who = place % 2;
        const array *table = in + TABLE + who, *out = in + OUT + who;
        bundle noise, shrink;
        fetch(noise, in + NOISE, &b, 0);
        EACH shrink[w] = 1.0 / (1.0 + noise[w] * noise[w]);
        for (int64_t k = 0; k < n_along; k++) {
            const int64_t issue = index_of(in + ISSUES, k);
            const double stake = in[STAKES].at[who * in[STAKES].lane + issue * in[STAKES].market];
            const double level = in[LEVELS].at[k * in[LEVELS].lane];
            bundle spare;
            const double *error = row_of(spare, in + ERROR + who, &b, issue);
            EACH along[k][w] = noise[w] * stake * error[w] * level;
        }
        const bundle *first = along, *second = first + sizes[DUTY_0], *one = second + sizes[DUTY_1];
        const bundle *other = one + n_s, *charging = other + n_s, *axis[5] = { charging + n_s };
        for (int k = 0; k < 4; k++) axis[k + 1] = axis[k] + rest[k];
        for (int64_t z = 0; z < n_x + n_y; z++) {
            const array to = { out->at + z * out->market, out->lane, 0, 0 };
            bundle error;
            if (z < n_x) {
                const bundle *x = first + z / n_s / sizes[DUTY_1], *y = second + z / n_s % sizes[DUTY_1];
                const int64_t s = z % n_s;
                EACH error[w] = (*x)[w] + (*y)[w] + (one[s][w] + other[s][w] + charging[s][w]);
            } else {
                int64_t left = z - n_x, at[5];
                for (int k = 4; k >= 0; k--) { at[k] = left % rest[k]; left /= rest[k]; }
                EACH error[w] = axis[0][at[0]][w] + axis[1][at[1]][w] + axis[2][at[2]][w] + axis[3][at[3]][w] + axis[4][at[4]][w];
            }
            put(&to, error, &b, 0);
        }
        for (int part = 0; part < 2; part++) {
            const int64_t from = part ? n_x : 0, n = part ? n_y : n_x;
            const array values = { table->at + from * table->market, table->lane, table->market, 0 };
            const array errors = { out->at + from * out->market, out->lane, out->market, 0 };
            const array *at = in + AT_X + part, *off = in + OFF_X + part, *off_at = in + OFF_AT_X + part;
            bundle value_now, error_now, s[2];
            pick(value_now, &values, at, &b);
            pick(error_now, &errors, at, &b);
            for (int64_t z = 0; z < n; z++) {
                const array to = { errors.at + z * errors.market, errors.lane, 0, 0 };
                const double *value = row_of(s[0], &values, &b, z), *error = row_of(s[1], &errors, &b, z);
                bundle gain;
                EACH gain[w] = shrink[w] * ((value[w] - value_now[w]) + (error[w] - error_now[w]));
                if (!who) for (int64_t w = 0; w < WIDTH; w++)
                    gain[w] += off->at[index_of(off_at, b.lane[w]) * off->lane + z * off->market];
                put(&to, gain, &b, 0);
            }
        }
    }
    free(along);
    return 0;
}

/* packages/sums.py: Grid.of, and agents/bloc.py: over_life. Gains from packages whose entries in two tables are place_x and
   place_y (n_packages), each over the life of its instrument where weight.at is there; what makes a truce in force last adds
   what the truce may lose (worth of a life, by replicate) where life.at is. */
int KERNEL(gains)(int64_t n_lanes, int64_t n_packages, const array *in)
{
    enum { X, Y, WEIGHT, LIFE, WORTH, PLACE_X, PLACE_Y, N_GIVEN };
    const array *out = in + N_GIVEN;
    for (int64_t block = 0; block < n_bundles(n_lanes, 1); block++) {
        const bundled b = bundle_at(block, n_lanes, 1);
        bundle s[2], life, worth, gain;
        if (in[LIFE].at) { fetch(life, in + LIFE, &b, 0); fetch(worth, in + WORTH, &b, 0); }
        for (int64_t k = 0; k < n_packages; k++) {
            const array to = { out->at + k * out->market, out->lane, 0, 0 };
            const double *x = row_of(s[0], in + X, &b, index_of(in + PLACE_X, k));
            const double *y = row_of(s[1], in + Y, &b, index_of(in + PLACE_Y, k));
            EACH gain[w] = x[w] + y[w];
            if (in[WEIGHT].at) {
                bundle spare;
                const double *weight = row_of(spare, in + WEIGHT, &b, k);
                EACH gain[w] *= weight[w];
                if (in[LIFE].at) EACH gain[w] += larger(weight[w] - life[w], 0.0) * worth[w];
            }
            put(&to, gain, &b, 0);
        }
    }
    return 0;
}

/* packages/view.py: judged. Which packages are good enough for a side, which it would keep, which its legislature would
   rather pass, and what is all of it; tests: whether there is any of the first, of those kept too, of those passed too, and
   of those that the partner is believed to sign too; best: the largest gain among these. place_x, place_y
   (n_packages): the entries of each package in the tables of Resolve; whole.at is there always, answer.at where parts are tested, home_x.at
   where a side looks ahead to its vote. */
int KERNEL(judge)(int64_t n_lanes, int64_t n_packages, int64_t n_x, double least, double partner_least, double scale, const array *in,
          const marks *out)
{
    enum { OWN, PARTNER, WHOLE, ANSWER, STAKE, DEAREST, HIGHEST, HOME_X, HOME_Y, ASKED, PLACE_X, PLACE_Y, BEST };
    enum { GAINS, ENFORCEABLE, PASSABLE, KEEPS, ADMISSIBLE };
    for (int64_t block = 0; block < n_bundles(n_lanes, 1); block++) {
        const bundled b = bundle_at(block, n_lanes, 1);
        bundle s[8], best;
        marked any[4];
        memset(any, 0, sizeof any);
        EACH best[w] = least;
        for (int64_t k = 0; k < n_packages; k++) {
            const int64_t x = index_of(in + PLACE_X, k), y = index_of(in + PLACE_Y, k);
            marked gains, enforceable, passable, keeps, admissible;
            const double *own = row_of(s[0], in + OWN, &b, k), *partner = row_of(s[1], in + PARTNER, &b, k);
            const double *p = row_of(s[2], in + WHOLE, &b, x), *q = row_of(s[3], in + WHOLE, &b, y);
            bundle zone;
            EACH enforceable[w] = p[w] + q[w] >= 0.0;
            if (in[ANSWER].at) {
                bundle needed, answer;
                p = row_of(s[2], in + DEAREST, &b, x); q = row_of(s[3], in + DEAREST, &b, y);
                const double *u = row_of(s[4], in + STAKE, &b, x), *v = row_of(s[5], in + STAKE, &b, y);
                EACH needed[w] = larger(p[w], q[w]) * (u[w] + v[w]);
                p = row_of(s[2], in + HIGHEST, &b, x); q = row_of(s[3], in + HIGHEST, &b, y);
                EACH needed[w] = larger(needed[w], larger(p[w], q[w]));
                p = row_of(s[2], in + ANSWER, &b, x); q = row_of(s[3], in + ANSWER, &b, y);
                EACH answer[w] = larger(p[w] + q[w], 0.0);
                EACH enforceable[w] &= answer[w] >= needed[w];
            }
            EACH passable[w] = 1;
            if (in[HOME_X].at) {
                p = row_of(s[2], in + HOME_X, &b, x); q = row_of(s[3], in + HOME_Y, &b, y - n_x);
                const double *asked = row_of(s[4], in + ASKED, &b, k);
                EACH passable[w] = p[w] + q[w] >= asked[w] * scale;
            }
            EACH {
                gains[w] = own[w] >= least;
                keeps[w] = gains[w] & enforceable[w];
                admissible[w] = keeps[w] & passable[w];
                const uint8_t in_zone = admissible[w] & (partner[w] >= partner_least);
                zone[w] = (in_zone != 0) | (own[w] != own[w]) ? own[w] : -OUT_OF_REACH;
                any[0][w] |= gains[w];
                any[1][w] |= keeps[w];
                any[2][w] |= admissible[w];
                any[3][w] |= in_zone;
            }
            EACH best[w] = larger(zone[w], best[w]);
            mark(out, gains, &b, k, GAINS);
            mark(out, enforceable, &b, k, ENFORCEABLE);
            mark(out, passable, &b, k, PASSABLE);
            mark(out, keeps, &b, k, KEEPS);
            mark(out, admissible, &b, k, ADMISSIBLE);
        }
        for (int64_t k = 0; k < 4; k++) mark(out + 1, any[k], &b, k, 0);
        put(in + BEST, best, &b, 0);
    }
    return 0;
}

/* phases/talks.py: a round in which the sides table in some replicates each (side, n). Of own and partner, which each side
   believes, and of what it may sign, the one that it tables (choose_offer), what the other believes that to be worth to
   itself, and whether it may sign. */
int KERNEL(round)(int64_t n_lanes, int64_t n_packages, const array *in, const marks *admissible)
{
    enum { OWN, PARTNER = 2, HOPE = 4, SIDE, OFFER, WORTH };
    int64_t *offer = (int64_t *)(void *)in[OFFER].at;
    uint8_t *exists = admissible[2].at, *passes = admissible[3].at;
    for (int64_t block = 0; block < n_bundles(n_lanes, 1); block++) {
        const bundled b = bundle_at(block, n_lanes, 1);
        bundle s[2], hope, best, chosen;
        marked is_second;
        fetch(hope, in + HOPE, &b, 0);
        for (int64_t w = 0; w < WIDTH; w++) is_second[w] = index_of(in + SIDE, b.lane[w]) != 0;
        EACH { best[w] = -OUT_OF_REACH; chosen[w] = 0.0; }
        for (int64_t k = 0; k < n_packages; k++) {
            marked may;
            int some = 0;
            for (int64_t w = 0; w < WIDTH; w++) {
                const marks *of = admissible + is_second[w];
                some |= may[w] = of->at[k * of->package + b.lane[w] * of->lane];
            }
            if (!some) continue; /* most packages are within nobody's reach */
            for (int side = 0; side < 2; side++) {
                const double *own = row_of(s[0], in + OWN + side, &b, k), *partner = row_of(s[1], in + PARTNER + side, &b, k);
                EACH {
                    const int tables = (may[w] != 0) & (is_second[w] == side) & (own[w] >= hope[w]);
                    const double score = tables ? partner[w] : -OUT_OF_REACH;
                    const int more = score > best[w] || (score != score && best[w] == best[w]);
                    best[w] = more ? score : best[w];
                    chosen[w] = more ? (double)k : chosen[w];
                }
            }
        }
        for (int64_t w = 0; w < b.n; w++) {
            const int64_t lane = b.lane[w], other = !is_second[w];
            const array *own = in + OWN + other;
            const marks *of = admissible + other;
            exists[lane] = best[w] > -0.5 * OUT_OF_REACH;
            offer[lane] = exists[lane] ? (int64_t)chosen[w] : 0;
            in[WORTH].at[lane] = n_packages ? own->at[lane * own->lane + offer[lane] * own->market] : 0.0;
            passes[lane] = n_packages && of->at[lane * of->lane + offer[lane] * of->package];
        }
    }
    return 0;
}

/* rules/bargaining.py: choose_offer. The first of the packages that the partner is believed to like best among those that
   may be offered and reach the hope; 0, and exists 0, where there is none. */
int KERNEL(choose)(int64_t n_lanes, int64_t n_packages, const array *in, const marks *admissible)
{
    enum { OWN, PARTNER, HOPE, OFFER };
    int64_t *offer = (int64_t *)(void *)in[OFFER].at;
    uint8_t *exists = admissible[1].at;
    for (int64_t block = 0; block < n_bundles(n_lanes, 1); block++) {
        const bundled b = bundle_at(block, n_lanes, 1);
        bundle s[2], hope, best, chosen;
        fetch(hope, in + HOPE, &b, 0);
        EACH { best[w] = -OUT_OF_REACH; chosen[w] = 0.0; }
        for (int64_t k = 0; k < n_packages; k++) {
            const uint8_t *at = admissible->at + k * admissible->package;
            marked may;
            uint64_t eight[WIDTH / 8], some = 0;
            if (b.together && admissible->lane == 1) memcpy(may, at + b.lane[0], sizeof may);
            else EACH may[w] = at[b.lane[w] * admissible->lane];
            memcpy(eight, may, sizeof may);
            for (int w = 0; w < WIDTH / 8; w++) some |= eight[w];
            if (!some) continue; /* most packages are within nobody's reach */
            const double *own = row_of(s[0], in + OWN, &b, k), *partner = row_of(s[1], in + PARTNER, &b, k);
            EACH {
                const double score = (may[w] != 0) & (own[w] >= hope[w]) ? partner[w] : -OUT_OF_REACH;
                const int more = score > best[w] || (score != score && best[w] == best[w]);
                best[w] = more ? score : best[w];
                chosen[w] = more ? (double)k : chosen[w];
            }
        }
        for (int64_t w = 0; w < b.n; w++) {
            exists[b.lane[w]] = best[w] > -0.5 * OUT_OF_REACH;
            offer[b.lane[w]] = exists[b.lane[w]] ? (int64_t)chosen[w] : 0;
        }
    }
    return 0;
}
