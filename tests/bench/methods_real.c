#include "config.h"

#include "tests/bench/methods.h"
void methods_real(struct methods *m)
{
    (void)m;
}
