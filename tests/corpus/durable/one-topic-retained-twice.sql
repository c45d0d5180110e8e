INSERT INTO messages VALUES (3, 'a', x'01', 0, 1, NULL, NULL, 0, 1, NULL);
INSERT INTO messages VALUES (4, 'a', x'02', 0, 1, NULL, NULL, 0, 1, NULL);
