"""What a reader of lesson 09 sees of the own task: table, pictures, decision, and a page to hand on."""
