"""Values that templates show, in the reader's language; and the queries behind them."""
