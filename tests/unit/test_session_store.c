#include "suites.h"

#include "base/alloc.h"
#include "broker/session_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 3000

static struct session_store store;
static struct session *sessions[MANY];

static struct session *make(unsigned number)
{
    char id[16];

    snprintf(id, sizeof(id), "client-%u", number);
    struct session *session =
        alloc_zero(1, sizeof(struct session) + sizeof(id));
    session->client_id_len = (uint16_t)strlen(id);
    memcpy(session->client_id, id, sizeof(id));
    return session;
}

static void set_up(void)
{
    for (unsigned i = 0; i < MANY; i++)
        sessions[i] = make(i);
}

static void tear_down(void)
{
    session_store_release(&store);
    for (unsigned i = 0; i < MANY; i++)
        free(sessions[i]);
}

static struct session *find(unsigned number)
{
    return session_store_find(&store, session_client_id(sessions[number]));
}

START_TEST(every_session_is_found_until_it_is_removed)
{
    for (unsigned i = 0; i < MANY; i++) {
        ck_assert_ptr_null(find(i));
        session_store_add(&store, sessions[i]);
    }
    for (unsigned i = 0; i < MANY; i += 3)
        session_store_remove(&store, sessions[i]);
    for (unsigned i = 0; i < MANY; i++)
        ck_assert_ptr_eq(find(i), i % 3 ? sessions[i] : NULL);
    ck_assert_uint_eq(session_store_count(&store), MANY - MANY / 3);
}
END_TEST

START_TEST(a_visit_comes_to_every_session_once)
{
    size_t position = 0;
    unsigned seen = 0;

    for (unsigned i = 0; i < MANY; i++)
        session_store_add(&store, sessions[i]);
    for (struct session *session;
         (session = session_store_next(&store, &position)); seen++) {
        ck_assert_uint_eq(session->expiry_s, 0);
        session->expiry_s = 1;
    }
    ck_assert_uint_eq(seen, MANY);
}
END_TEST

START_TEST(a_list_has_every_session_once)
{
    for (unsigned i = 0; i < MANY; i++)
        session_store_add(&store, sessions[i]);
    struct session **list = session_store_list(&store);
    for (unsigned i = 0; i < MANY; i++) {
        ck_assert_uint_eq(list[i]->expiry_s, 0);
        list[i]->expiry_s = 1;
        session_store_remove(&store, list[i]);
    }
    free(list);
    ck_assert_uint_eq(session_store_count(&store), 0);
}
END_TEST

START_TEST(memory_follows_the_number_of_sessions)
{
    for (unsigned i = 0; i < MANY; i++) {
        session_store_add(&store, sessions[i]);
        ck_assert_uint_le(store.count * 8, store.cap * 7);
    }
    ck_assert_uint_le(store.cap, 2 * MANY);
    for (unsigned i = 0; i < MANY; i++)
        session_store_remove(&store, sessions[i]);
    ck_assert_uint_le(store.cap, 16);
}
END_TEST

START_TEST(two_stores_put_the_same_clients_at_different_places)
{
    struct session_store other = {0};
    unsigned same = 0;

    for (unsigned i = 0; i < MANY; i++) {
        session_store_add(&store, sessions[i]);
        session_store_add(&other, sessions[i]);
    }
    ck_assert_uint_eq(store.cap, other.cap);
    for (size_t i = 0; i < store.cap; i++)
        same += store.places[i] && store.places[i] == other.places[i];
    ck_assert_uint_lt(same, MANY / 10);
    session_store_release(&other);
}
END_TEST

Suite *session_store_suite(void)
{
    Suite *suite = suite_create("session_store");
    TCase *tcase = unit_case(suite, "session_store", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, every_session_is_found_until_it_is_removed);
    tcase_add_test(tcase, a_visit_comes_to_every_session_once);
    tcase_add_test(tcase, a_list_has_every_session_once);
    tcase_add_test(tcase, memory_follows_the_number_of_sessions);
    tcase_add_test(tcase, two_stores_put_the_same_clients_at_different_places);
    return suite;
}
