<?php
/**
 * Lets WordPress write the title.
 */

add_action(
	'after_setup_theme',
	static function () {
		add_theme_support( 'title-tag' );
	}
);
