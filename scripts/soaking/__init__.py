"""What `scripts/soak` is made of: who comes, what they do, what is sampled, and how it is judged."""
