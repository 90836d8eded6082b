"""Members that live apart, in processes: the board, who lives their rounds, and what they say."""
