"""What customers, agents and employees say: phrases by language, and how texts are made."""
