"""Operations over tables and dates as data: run, rendered last, and found again in a free sentence."""
