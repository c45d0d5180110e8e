INSERT INTO sessions VALUES (1, 'sub', 100, 1000, NULL, 0, NULL, 0, 0);
INSERT INTO messages VALUES (3, 't', x'6869', 1, 0, NULL, NULL, 1990000, 0, NULL);
INSERT INTO outgoing VALUES (6, 1, 3, 1, 0, 0, 'waiting', x'0bffffffff');
INSERT INTO subscriptions VALUES (1, 't', 1, 0, 0, 0, 999999999);
