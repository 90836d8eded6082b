"""Films, sheets and strips of pictures, and what a network says drawn over them."""
