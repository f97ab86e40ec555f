// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * check: Check, and what every test program's main() does with it.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_CHECK_H
#define HASHTIDE_TESTS_SUPPORT_CHECK_H

#include "tests/support/random.h"

#include <check.h>
#include <stdlib.h>

/** Runs a suite of one case made of the given tests; the program's exit status. */
static inline int test_main(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner = srunner_create(suite);
    int failed;

    (void)test_seed(); /* chosen before Check forks, so that all tests share it */
    if (getenv("CK_DEFAULT_TIMEOUT") == NULL) /* by hand: Check's four seconds are too few */
        tcase_set_timeout(tcase, 0);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define TEST_MAIN(name, tests) test_main((name), (tests), sizeof(tests) / sizeof((tests)[0]))

#endif
