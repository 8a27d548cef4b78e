"""Chats: pictures edited turn by turn, kept between processes, carried to other machines."""
