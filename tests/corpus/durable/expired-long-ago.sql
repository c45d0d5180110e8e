INSERT INTO sessions VALUES (1, 'sub', 100, NULL, NULL, 0, NULL, 0, 0);
INSERT INTO messages VALUES (3, 't', x'6869', 1, 0, NULL, 5, -9223372036854775808, 1, NULL);
INSERT INTO outgoing VALUES (6, 1, 3, 1, 0, 1, 'wait for PUBACK', NULL);
