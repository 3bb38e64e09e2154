<?php
/**
 * Has WordPress make logins of users with passwords of either old form, and prints them as JSON. Runs inside WordPress.
 */

require_once ABSPATH . 'wp-admin/includes/user.php';

// As plugins do that allow names in Persian.
add_filter( 'sanitize_user', static fn( $name, $raw ) => $raw, 10, 2 );

$homa_logins = array();
foreach ( array(
	'jane.doe'    => wp_hash_password( 'secret' ),
	'Jane van D'  => password_hash( 'secret', PASSWORD_BCRYPT ),
	'زهرا'        => md5( 'secret' ),
	'jane+1@a.ir' => wp_hash_password( 'گذرواژه' ),
) as $homa_login => $homa_hash ) {
	$homa_id = wp_insert_user( array( 'user_login' => $homa_login, 'user_pass' => 'secret', 'user_email' => md5( $homa_login ) . '@shop.test' ) );
	$wpdb->update( $wpdb->users, array( 'user_pass' => $homa_hash ), array( 'ID' => $homa_id ) );
	clean_user_cache( $homa_id );
	$_SERVER['HTTP_USER_AGENT'] = 'مرورگر "of"; one';
	$homa_cookie                = wp_generate_auth_cookie( $homa_id, time() + DAY_IN_SECONDS, 'logged_in' );
	wp_generate_auth_cookie( $homa_id, time() + HOUR_IN_SECONDS, 'logged_in' );
	$_COOKIE[ LOGGED_IN_COOKIE ] = $homa_cookie;
	wp_set_current_user( $homa_id );
	$homa_logins[] = array(
		'login'          => $homa_login,
		'user_id'        => $homa_id,
		'user_pass'      => $homa_hash,
		'session_tokens' => $wpdb->get_var( $wpdb->prepare( "SELECT meta_value FROM $wpdb->usermeta WHERE meta_key = 'session_tokens' AND user_id = %d", $homa_id ) ),
		'cookie'         => rawurlencode( $homa_cookie ), // as setcookie() sends it.
		'nonce'          => wp_create_nonce( 'wp_rest' ),
		'is_valid'       => wp_validate_auth_cookie( $homa_cookie, 'logged_in' ) === $homa_id,
	);
	wp_delete_user( $homa_id );
}
echo wp_json_encode(
	array(
		'version'        => get_bloginfo( 'version' ),
		'now'            => time(),
		'logged_in_salt' => wp_salt( 'logged_in' ),
		'nonce_salt'     => wp_salt( 'nonce' ),
		'cookie'         => LOGGED_IN_COOKIE,
		'logins'         => $homa_logins,
	),
	JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRETTY_PRINT
);
