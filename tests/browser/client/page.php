<?php
/**
 * A page of the shop. What it sells is its category.
 */

$category = (string) get_post_meta( get_the_ID(), 'category', true );
?>
<!DOCTYPE html>
<html <?php language_attributes(); ?>>
<head>
	<meta charset="<?php bloginfo( 'charset' ); ?>">
	<meta name="viewport" content="width=device-width">
	<?php wp_head(); ?>
</head>
<body <?php body_class(); ?><?php echo '' === $category ? '' : ' data-category="' . esc_attr( $category ) . '"'; ?>>
	<h1><?php the_title(); ?></h1>
	<div id="prompt" hidden>
		مشخصات قبلی رو لود کنم؟
		<button type="button" id="yes">بله</button>
	</div>
	<form id="calculator" autocomplete="off">
		<label>تیراژ <input name="tirage"></label>
		<label>کاغذ <select name="paper_type"><option></option><option>گلاسه</option><option>تحریر</option></select></label>
		<label>توضیح <textarea name="note"></textarea></label>
		<button>قیمت</button>
	</form>
	<form id="chat" autocomplete="off">
		<label>پیام <input name="message"></label>
		<button>بفرست</button>
	</form>
	<?php wp_footer(); ?>
</body>
</html>
