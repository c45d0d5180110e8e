#include "suites.h"

#include "base/map.h"

#include <stdio.h>

#define MANY 1000

static char keys[MANY][16];

static void fill(struct map *map)
{
    for (int i = 0; i < MANY; i++) {
        snprintf(keys[i], sizeof(keys[i]), "key-%d", i);
        ck_assert_ptr_null(map_set(map, slice_of_string(keys[i]), keys[i]));
    }
}

START_TEST(finds_every_key_that_was_set)
{
    struct map map = {0};

    fill(&map);
    ck_assert_uint_eq(map.count, MANY);
    for (int i = 0; i < MANY; i++)
        ck_assert_ptr_eq(map_get(&map, slice_of_string(keys[i])), keys[i]);
    ck_assert_ptr_null(map_get(&map, slice_of_string("key-1000")));
    map_release(&map);
}
END_TEST

START_TEST(removing_every_other_key_keeps_the_rest)
{
    struct map map = {0};

    fill(&map);
    for (int i = 0; i < MANY; i += 2)
        ck_assert_ptr_eq(map_remove(&map, slice_of_string(keys[i])), keys[i]);
    for (int i = 0; i < MANY; i++)
        ck_assert_ptr_eq(map_get(&map, slice_of_string(keys[i])),
                         i % 2 ? keys[i] : NULL);
    ck_assert_uint_eq(map.count, MANY / 2);
    map_release(&map);
}
END_TEST

START_TEST(visits_each_entry_once)
{
    struct map map = {0};
    size_t position = 0;
    int visits = 0;

    fill(&map);
    while (map_next(&map, &position))
        visits++;
    ck_assert_int_eq(visits, MANY);
    map_release(&map);
}
END_TEST

START_TEST(an_empty_key_is_a_key)
{
    struct map map = {0};
    int value;

    map_set(&map, slice_of(NULL, 0), &value);
    ck_assert_ptr_eq(map_get(&map, slice_of_string("")), &value);
    ck_assert_ptr_eq(map_set(&map, slice_of_string(""), &map), &value);
    ck_assert_uint_eq(map.count, 1);
    map_release(&map);
}
END_TEST

/* Reference values of SipHash-1-3: key 00..0f, input 00, 01, ... */
START_TEST(hash_is_siphash_1_3)
{
    const uint64_t seed[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    const uint8_t input[] = {0, 1, 2, 3, 4, 5, 6, 7};

    ck_assert(map_hash(seed, slice_of(input, 0)) ==
              UINT64_C(0xabac0158050fc4dc));
    ck_assert(map_hash(seed, slice_of(input, 1)) ==
              UINT64_C(0xc9f49bf37d57ca93));
}
END_TEST

/* Who knew the order could choose keys that collide. */
START_TEST(two_maps_keep_the_same_keys_in_different_orders)
{
    struct map maps[2] = {0};
    size_t positions[2] = {0, 0};
    int same = 0;

    for (int i = 0; i < 2; i++)
        fill(&maps[i]);
    for (int i = 0; i < MANY; i++)
        same += map_next(&maps[0], &positions[0]) ==
                map_next(&maps[1], &positions[1]);
    ck_assert_int_lt(same, MANY / 10);
    map_release(&maps[0]);
    map_release(&maps[1]);
}
END_TEST

Suite *map_suite(void)
{
    Suite *suite = suite_create("map");
    TCase *tcase = unit_case(suite, "map", 0);

    tcase_add_test(tcase, finds_every_key_that_was_set);
    tcase_add_test(tcase, removing_every_other_key_keeps_the_rest);
    tcase_add_test(tcase, visits_each_entry_once);
    tcase_add_test(tcase, an_empty_key_is_a_key);
    tcase_add_test(tcase, two_maps_keep_the_same_keys_in_different_orders);
    tcase_add_test(tcase, hash_is_siphash_1_3);
    return suite;
}
