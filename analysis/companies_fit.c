// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * companies_fit: the linear model behind companies.h, by generalised least squares.
 *
 * Companies' covariances are blocks: sd^2 min(t, t') + noise^2 I. Sizes and months are nuisances
 * with priors so wide that they say nothing but keep the normal matrix from being singular. The
 * matrix has the effects last, so that the last block of its Cholesky factor is that of the
 * effects' own precision, nuisances integrated out.
 */
#include "config.h"

#include "analysis/companies_internal.h"
#include "analysis/random.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

#define LEAST_SD 0.01
#define MOST_SD 1.5
/** Half-normal prior of a course's sd per year: half of a company's growth is news in most years.
 */
#define PRIOR_SD 0.5
/** sd of nuisances, of ln EH/s. */
#define WIDE 10.0
#define MONTHS_A_YEAR 12.0
#define SEED 1
/** A draw that removes all that there was, or more, is read as this. */
#define REMOVED_MOST 0.99

struct work {
    const struct companies_problem *problem;
    int *months; /* sorted, each once */
    size_t month_count;
    size_t nuisances, size;
    size_t largest;  /* company */
    double *block;   /* its covariance, then the inverse */
    double *normal;  /* size x size */
    double *right;   /* size */
    double *solved;  /* size */
    double constant; /* -2 ln density so far */
};

static int by_value(const void *left, const void *right)
{
    int a = *(const int *)left;
    int b = *(const int *)right;

    return (a > b) - (a < b);
}

static void find_months(struct work *work)
{
    const struct companies_problem *problem = work->problem;
    size_t kept = 0;

    for (size_t i = 0; i < problem->count; i++)
        work->months[i] = problem->seen[i].month;
    qsort(work->months, problem->count, sizeof *work->months, by_value);
    for (size_t i = 0; i < problem->count; i++)
        if (kept == 0 || work->months[kept - 1] != work->months[i])
            work->months[kept++] = work->months[i];
    work->month_count = kept;
}

static size_t month_place(const struct work *work, int month)
{
    const int *found = bsearch(&month, work->months, work->month_count, sizeof month, by_value);

    return (size_t)(found - work->months);
}

static size_t company_end(const struct companies_problem *problem, size_t first)
{
    size_t end = first;

    while (end < problem->count && problem->seen[end].company == problem->seen[first].company)
        end++;
    return end;
}

static void work_close(struct work *work)
{
    free(work->months);
    free(work->block);
    free(work->normal);
    free(work->right);
}

static bool work_open(struct work *work, const struct companies_problem *problem)
{
    *work = (struct work){.problem = problem};
    work->months = malloc((problem->count + 1) * sizeof *work->months);
    if (work->months == NULL)
        return false;
    find_months(work);
    for (size_t i = 0; i < problem->count; i = company_end(problem, i))
        if (company_end(problem, i) - i > work->largest)
            work->largest = company_end(problem, i) - i;
    work->nuisances = problem->companies + work->month_count;
    work->size = work->nuisances + problem->effects;
    work->block = malloc(work->largest * work->largest * sizeof *work->block);
    work->normal = malloc(work->size * work->size * sizeof *work->normal);
    work->right = malloc(2 * work->size * sizeof *work->right);
    if (work->block == NULL || work->normal == NULL || work->right == NULL) {
        work_close(work);
        return false;
    }
    work->solved = work->right + work->size;
    return true;
}

/* The columns of an observation: its company, its month, and its effect if it has one. */
static size_t features(size_t place[3], double value[3], const struct work *work,
                       const struct companies_seen *seen)
{
    place[0] = seen->company;
    place[1] = work->problem->companies + month_place(work, seen->month);
    place[2] = work->nuisances + seen->effect;
    value[0] = 1.0;
    value[1] = 1.0;
    value[2] = seen->amount;
    return seen->effect == COMPANIES_NO_EFFECT ? 2 : 3;
}

static void invert_block(struct work *work, const struct companies_seen *seen, size_t n, double sd)
{
    gsl_matrix_view view = gsl_matrix_view_array(work->block, n, n);

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double months = fmin(seen[i].month - seen[0].month, seen[j].month - seen[0].month);

            work->block[i * n + j] = sd * sd * months / MONTHS_A_YEAR +
                                     (i == j ? COMPANIES_NOISE * COMPANIES_NOISE : 0.0);
        }
    (void)gsl_linalg_cholesky_decomp1(&view.matrix);
    for (size_t i = 0; i < n; i++)
        work->constant += 2.0 * log(work->block[i * n + i]);
    (void)gsl_linalg_cholesky_invert(&view.matrix);
}

static void add_company(struct work *work, const struct companies_seen *seen, size_t n, double sd)
{
    invert_block(work, seen, n, sd);
    for (size_t i = 0; i < n; i++) {
        size_t row[3];
        double left[3];
        size_t rows = features(row, left, work, &seen[i]);

        for (size_t j = 0; j < n; j++) {
            double v = work->block[i * n + j];
            size_t column[3];
            double right[3];
            size_t columns = features(column, right, work, &seen[j]);

            for (size_t k = 0; k < rows; k++) {
                for (size_t m = 0; m < columns; m++)
                    work->normal[row[k] * work->size + column[m]] += v * left[k] * right[m];
                work->right[row[k]] += v * left[k] * seen[j].log_ehs;
            }
            work->constant += v * seen[i].log_ehs * seen[j].log_ehs;
        }
    }
}

static void fit_point(struct companies_point *out, struct work *work)
{
    const struct companies_problem *problem = work->problem;
    size_t size = work->size;
    size_t effects = problem->effects;
    gsl_matrix_view normal = gsl_matrix_view_array(work->normal, size, size);
    gsl_vector_view right = gsl_vector_view_array(work->right, size);
    gsl_vector_view solved = gsl_vector_view_array(work->solved, size);

    work->constant = 0.0;
    for (size_t i = 0; i < size * size; i++)
        work->normal[i] = 0.0;
    for (size_t i = 0; i < size; i++) {
        work->right[i] = 0.0;
        work->normal[i * size + i] = i < work->nuisances ? 1.0 / (WIDE * WIDE) : 0.0;
    }
    for (size_t i = 0, end = 0; i < problem->count; i = end) {
        end = company_end(problem, i);
        add_company(work, &problem->seen[i], end - i, out->sd);
    }
    (void)gsl_linalg_cholesky_decomp1(&normal.matrix);
    (void)gsl_linalg_cholesky_solve(&normal.matrix, &right.vector, &solved.vector);
    for (size_t i = 0; i < size; i++) {
        work->constant -= work->right[i] * work->solved[i];
        if (i < work->nuisances)
            work->constant += 2.0 * log(work->normal[i * size + i]);
    }
    for (size_t i = 0; i < effects; i++) {
        out->best[i] = work->solved[work->nuisances + i];
        for (size_t j = 0; j <= i; j++)
            out->factor[i * effects + j] =
                work->normal[(work->nuisances + i) * size + work->nuisances + j];
    }
    /* Steps of the grid grow with sd: ln(sd) makes the prior what it is per unit of sd. */
    out->log_weight =
        -0.5 * work->constant - 0.5 * out->sd * out->sd / (PRIOR_SD * PRIOR_SD) + log(out->sd);
}

bool companies_fit(struct companies_point grid[COMPANIES_GRID],
                   const struct companies_problem *problem)
{
    struct work work;

    if (!work_open(&work, problem))
        return false;
    for (size_t g = 0; g < COMPANIES_GRID; g++) {
        grid[g].sd = LEAST_SD * pow(MOST_SD / LEAST_SD, (double)g / (COMPANIES_GRID - 1));
        fit_point(&grid[g], &work);
    }
    work_close(&work);
    return true;
}

void companies_grid_chances(double chances[COMPANIES_GRID],
                            const struct companies_point grid[COMPANIES_GRID], size_t effects)
{
    double most = -INFINITY;
    double sum = 0.0;

    for (size_t g = 0; g < COMPANIES_GRID; g++) {
        chances[g] = grid[g].log_weight;
        for (size_t i = 0; i < effects; i++)
            chances[g] -= log(grid[g].factor[i * effects + i]);
        most = fmax(most, chances[g]);
    }
    for (size_t g = 0; g < COMPANIES_GRID; g++) {
        chances[g] = exp(chances[g] - most);
        sum += chances[g];
    }
    for (size_t g = 0; g < COMPANIES_GRID; g++)
        chances[g] /= sum;
}

/* Variance of an effect: of the inverse of L L', a diagonal element. */
static double variance_of(const struct companies_point *point, size_t effects, size_t effect)
{
    double column[COMPANIES_MAX] = {0.0};
    double sum = 0.0;

    for (size_t i = effect; i < effects; i++) {
        column[i] = i == effect ? 1.0 : 0.0;
        for (size_t j = effect; j < i; j++)
            column[i] -= point->factor[i * effects + j] * column[j];
        column[i] /= point->factor[i * effects + i];
        sum += column[i] * column[i];
    }
    return sum;
}

void companies_draw(double *values, const struct companies_point grid[COMPANIES_GRID],
                    size_t effects, size_t draws, bool shares)
{
    double shift[COMPANIES_GRID * COMPANIES_MAX] = {0.0};
    double chances[COMPANIES_GRID];
    struct random_stream stream = random_init(SEED, 0);

    companies_grid_chances(chances, grid, effects);
    for (size_t g = 0; g < COMPANIES_GRID && shares; g++)
        for (size_t i = 0; i < effects; i++)
            shift[g * effects + i] = 0.5 * variance_of(&grid[g], effects, i);
    for (size_t d = 0; d < draws; d++) {
        double *value = values + d * effects;
        double u = random_uniform(&stream);
        size_t g = 0;

        while (g + 1 < COMPANIES_GRID && u >= chances[g])
            u -= chances[g++];
        for (size_t i = 0; i < effects; i++)
            value[i] = random_normal(&stream);
        for (size_t i = effects; i-- > 0;) { /* L' x = z */
            for (size_t j = i + 1; j < effects; j++)
                value[i] -= grid[g].factor[j * effects + i] * value[j];
            value[i] /= grid[g].factor[i * effects + i];
        }
        for (size_t i = 0; i < effects; i++)
            value[i] += grid[g].best[i] - shift[g * effects + i];
    }
}

/* ---- weights ---- */

/* ln of the likelihood of these effects, the course's sd integrated out. */
static double log_likelihood(const struct companies_answer *answer, const double *effects)
{
    size_t n = answer->converters;
    double terms[COMPANIES_GRID];
    double most = -INFINITY;
    double sum = 0.0;

    for (size_t g = 0; g < COMPANIES_GRID; g++) {
        const struct companies_point *point = &answer->grid[g];
        double square = 0.0;

        for (size_t j = 0; j < n; j++) {
            double along = 0.0;

            for (size_t i = j; i < n; i++)
                along += point->factor[i * n + j] * (effects[i] - point->best[i]);
            square += along * along;
        }
        terms[g] = point->log_weight - 0.5 * square;
        most = fmax(most, terms[g]);
    }
    for (size_t g = 0; g < COMPANIES_GRID; g++)
        sum += exp(terms[g] - most);
    return most + log(sum);
}

double companies_weigh(double *weights, const struct companies_answer *answer,
                       const double *removed, size_t draws)
{
    double most = -INFINITY;
    double sum = 0.0;
    double square = 0.0;

    for (size_t d = 0; d < draws; d++) {
        double effects[COMPANIES_MAX];

        for (size_t c = 0; c < answer->converters; c++) {
            double base = answer->have[answer->converter[c]].base;

            effects[c] = log1p(-fmin(removed[d * answer->converters + c] / base, REMOVED_MOST));
        }
        weights[d] = log_likelihood(answer, effects);
        most = fmax(most, weights[d]);
    }
    for (size_t d = 0; d < draws; d++) {
        weights[d] = exp(weights[d] - most);
        sum += weights[d];
    }
    for (size_t d = 0; d < draws; d++) {
        weights[d] /= sum;
        square += weights[d] * weights[d];
    }
    return 1.0 / square;
}
