#include "config.h"

#include "tests/bench/methods.h"
void methods_volatility(struct methods *m)
{
    (void)m;
}
