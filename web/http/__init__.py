"""What every request passes on its way: who asks, what they may, how it is refused."""
