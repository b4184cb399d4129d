//! Which dtype results where two meet: numpy's table, NEP 50 for plain numbers, and room for missing values.
